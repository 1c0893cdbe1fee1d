"""How far a mistyped word is from a word of a table."""

_LONGEST = 40


def distance(one: str, other: str) -> int:
    """The fewest single-character changes and swaps of neighbours that turn one word into the other.

    Words are compared in their first 40 characters, so that the work stays small for any text.
    """
    one, other = one[:_LONGEST], other[:_LONGEST]
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            steps = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                steps = min(steps, last[j - 2] + 1)
            row.append(steps)
    return row[-1]
