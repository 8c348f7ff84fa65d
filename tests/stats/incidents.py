"""Prints, for every incident of the log in the archive named by the argument, the milliseconds from its opening to its
first event in a state other than New; without those that are negative."""

import csv
import io
import sys
import zipfile
from datetime import datetime


def moment(text):
    return datetime.strptime(text, "%d/%m/%Y %H:%M")


opened, answered = {}, {}
with zipfile.ZipFile(sys.argv[1]) as archive, archive.open(archive.namelist()[0]) as log:
    for row in csv.DictReader(io.TextIOWrapper(log, "utf-8")):
        opened[row["number"]] = moment(row["opened_at"])
        if row["ident_state"] != "New":
            at = moment(row["sys_updated_at"])
            answered[row["number"]] = min(at, answered.get(row["number"], at))
for number, at in answered.items():
    milliseconds = round((at - opened[number]).total_seconds() * 1000)
    if milliseconds >= 0:
        print(milliseconds)
