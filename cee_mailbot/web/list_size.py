"""How large a list is and where in it a page stands, counted as far as that costs little."""

from dataclasses import replace

from cee_mailbot.questions import Questions, WorklistQuery

MOST_COUNTED = 10_000


def size_in_words(ask: Questions, query: WorklistQuery, shown: int) -> str:
    """`47 items, 26 to 47 shown`, for the page that `query` asks for, of which `shown` rows were found."""
    counted = replace(query, limit=MOST_COUNTED + 1)
    total, before = ask.how_many(replace(counted, after=None)), ask.how_many_before(counted)
    size = (
        f"{total:,} item{'' if total == 1 else 's'}" if total <= MOST_COUNTED else f"More than {MOST_COUNTED:,} items"
    )
    if shown == total:
        return size
    if not shown:
        return f"{size}, none on this page"
    if before > MOST_COUNTED:
        return f"{size}; {shown} shown, beyond the first {MOST_COUNTED:,}"
    return f"{size}, {before + 1:,} to {before + shown:,} shown"
