"""Bring customers in: sample data, files, or a database."""

from pages.parts import audiences, intake, plans, work
from pages.parts.aside import asides
from pages.parts.frame import notice
from pages.parts.session import session

notice()
work.collect()
asides()
if session().job is not None:
    work.progress()
elif session().draft is not None:
    plans.confirm()
elif session().further is not None:
    intake.ways_further()
else:
    intake.ways_in()
    audiences.loaded()
