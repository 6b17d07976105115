"""Code 128 barcodes as widths of bars and spaces, for documents that a hand scanner reads back."""

#: ISO/IEC 15417, table 1: bar, space, bar, space, bar, space of each value, in modules; the last is the stop.
_TABLE = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112"
)
PATTERNS = tuple(_TABLE.split(" "))
START_C = 105
STOP = 106


def code128(digits: str) -> list[int]:
    """Widths in modules, a bar first, of an even number of figures written two by two (set C), check included."""
    if not (digits.isascii() and digits.isdigit()) or len(digits) % 2:
        raise ValueError("set C of Code 128 holds an even number of figures")
    values = [START_C, *(int(digits[rank : rank + 2]) for rank in range(0, len(digits), 2))]
    check = (START_C + sum(rank * value for rank, value in enumerate(values))) % 103
    return [int(width) for value in (*values, check, STOP) for width in PATTERNS[value]]
