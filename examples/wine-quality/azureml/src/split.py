"""Splits a table into the part that is trained on and the part that is tested on."""

import argparse
from pathlib import Path

import pandas as pd


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--table", type=Path, required=True)
    arguments.add_argument("--parts", type=Path, required=True)
    given = arguments.parse_args()
    table = pd.read_csv(given.table, sep=";").sample(frac=1, random_state=40)
    border = len(table) * 3 // 4
    table[:border].to_csv(given.parts / "train.csv", index=False)
    table[border:].to_csv(given.parts / "test.csv", index=False)
    print(f"{border} rows to train on, {len(table) - border} to test on")


if __name__ == "__main__":
    main()
