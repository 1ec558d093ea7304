"""Fits an ElasticNet on the training part and measures it on the other."""

import argparse
from importlib.metadata import version
from pathlib import Path

import mlflow
import pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import ElasticNet
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error


def main() -> None:
    given = arguments()
    train, test = (pd.read_csv(given.parts / f"{name}.csv") for name in ("train", "test"))
    model = ElasticNet(alpha=given.alpha, l1_ratio=given.l1_ratio, random_state=given.seed)
    model.fit(train.drop(columns=[given.target]), train[given.target])
    predicted = model.predict(test.drop(columns=[given.target]))
    metrics = {
        "rmse": root_mean_squared_error(test[given.target], predicted),
        "mae": mean_absolute_error(test[given.target], predicted),
        "r2": r2_score(test[given.target], predicted),
    }
    # In a job MLflow knows where its server is, and which run this is.
    mlflow.log_params({"alpha": given.alpha, "l1_ratio": given.l1_ratio})
    mlflow.log_metrics(metrics)
    mlflow.log_text(given.note or "", "note.txt")
    mlflow.sklearn.save_model(
        model,
        given.model,
        signature=infer_signature(test.drop(columns=[given.target]), predicted),
        serialization_format="skops",
        pip_requirements=[
            f"mlflow=={mlflow.__version__}",
            *(f"{name}=={version(name)}" for name in ("pandas", "scikit-learn", "skops")),
        ],
    )
    print(metrics)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parts", type=Path, required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--alpha", type=float, required=True)
    parser.add_argument("--l1-ratio", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--note")
    parser.add_argument("--model", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
