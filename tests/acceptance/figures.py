"""What the example's runs come to, computed elsewhere.

The diabetes figures come from a separate computation: a coordinate descent of the elastic net's
objective written with NumPy alone, on the rows that a permutation with seed 40 gives.
The wine figures are those published with the data by several authors of this exercise.
"""

from __future__ import annotations

DIABETES = {  # alpha = l1_ratio: rmse, mae, r2
    "0.5": (63.80774, 51.94755, 0.38440),
    "0.3": (63.71374, 51.84307, 0.38621),
    "0.1": (63.41730, 51.48372, 0.39191),
}
DIABETES_PREDICTIONS = (
    207.6005,
    74.477,
    180.3802,
    149.7815,
    124.243,
    105.4377,
    88.1327,
    126.7482,
    165.9279,
    205.5041,
)
WINE = {
    "0.5": (0.79316, 0.62719, 0.10863),
    "0.3": (0.74432, 0.57548, 0.21502),
    "0.1": (0.71288, 0.54622, 0.27994),
}
