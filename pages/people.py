"""See who is in: a page of people at a time, personal data masked until revealed."""

from pages.parts.frame import audience_or_stop, notice, segment_or_stop
from pages.parts.people import table

current = audience_or_stop("see people")
notice()
answer = segment_or_stop(current, "see people")
table(current, answer)
