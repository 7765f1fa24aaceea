#!/usr/bin/env python3
"""Compares our reading of XLSForms with that of pyxform, the reference implementation.

    check.py FOLDER

For every FORM.xlsx (or .xls) in FOLDER: names, types, labels, choices and group structure of what both accept must agree.
Our side is FORM.json beside the form, if there is one, otherwise the output of the command in FIELDWATCH (default
`fieldwatch`) `checklist check FORM --json`. Forms that only one side accepts are named; they are no disagreement.
Exit status 1 if anything differs.
"""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

from pyxform.builder import create_survey_element_from_dict
from pyxform.errors import PyXFormError
from pyxform.xls2json import parse_file_to_json

# pyxform keeps the older spellings of types.
TYPES = {
    "select one": "select_one",
    "select all that apply": "select_multiple",
    "photo": "image",
    "string": "text",
    "q string": "text",
    "add text prompt": "text",
    "int": "integer",
    "q int": "integer",
    "add integer prompt": "integer",
    "q decimal": "decimal",
    "add decimal prompt": "decimal",
    "datetime": "dateTime",
    "q date time": "dateTime",
    "q dateTime": "dateTime",
    "add date time prompt": "dateTime",
    "q date": "date",
    "add date prompt": "date",
    "gps": "geopoint",
    "location": "geopoint",
    "q location": "geopoint",
    "q geopoint": "geopoint",
    "q note": "note",
    "add note prompt": "note",
    "q calculate": "calculate",
    "add calculate prompt": "calculate",
    "q barcode": "barcode",
    "add barcode prompt": "barcode",
    "q image": "image",
    "q picture": "image",
    "q audio": "audio",
    "q video": "video",
    "q acknowledge": "acknowledge",
    "add acknowledge prompt": "acknowledge",
    "trigger": "acknowledge",
    "get phone number": "phonenumber",
    "phone number": "phonenumber",
    "get device id": "deviceid",
    "device id": "deviceid",
    "start time": "start",
    "get start time": "start",
    "end time": "end",
    "get end time": "end",
    "get today": "today",
    "loop": "group",
}

# Rows that pyxform makes up for how a form looks.
GENERATED = ("reserved_name_for_field_list_labels_", "generated_table_list_label_")


def plain(text):
    """Curly quotes and runs of blanks are a matter of taste."""
    quotes = str(text).translate(str.maketrans("\u2018\u2019\u201c\u201d", "''\"\""))
    return " ".join(quotes.split())


def words(label):
    """A label as {language: text}; one text for all is under ''."""
    if not label:
        return {}
    if isinstance(label, dict):
        return {language: plain(text) for language, text in label.items() if text and text != "-"}
    return {"": plain(label)}


def same_words(theirs, ours):
    if "" in theirs:
        return theirs[""] in ours.values() or theirs[""] == ours.get("")
    if "" in ours:
        return set(theirs.values()) == set(ours.values())
    return theirs == ours


def reference(path):
    """What pyxform reads: questions, groups and lists of choices."""
    form = parse_file_to_json(str(path), warnings=[])
    survey = create_survey_element_from_dict(form).to_json_dict()
    questions, groups = [], []

    def walk(node, around):
        for child in node.get("children") or []:
            name = child["name"]
            if name == "meta" and not around or name.startswith(GENERATED):
                continue
            kind = TYPES.get(child["type"], child["type"])
            entry = (around, name, kind, words(child.get("label")), child.get("list_name") or child.get("itemset"))
            if kind in ("group", "repeat"):
                groups.append(entry)
                walk(child, (*around, name))
            else:
                questions.append(entry)

    walk(survey, ())
    choices = {}
    for name, options in (form.get("choices") or {}).items():
        choices[name] = [(str(option["name"]), words(option.get("label"))) for option in options]
    return questions, groups, choices


def listed(entry):
    labels = entry.get("labels") or ({"": entry["label"]} if entry["label"] else {})
    return (
        tuple(entry["groups"]),
        entry["name"],
        entry["type"],
        {language: plain(text) for language, text in labels.items()},
        entry.get("list_name"),
    )


def ours(path):
    """What we read, in the same shape; None and the problem if we refuse it."""
    beside = path.with_suffix(".json")
    if beside.exists():
        listing = json.loads(beside.read_text())
    else:
        command = [*shlex.split(os.environ.get("FIELDWATCH", "fieldwatch")), "checklist", "check", str(path), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not done.stdout.strip():
            sys.exit(f"{path.name}: {' '.join(command)} said nothing: {done.stderr}")
        listing = json.loads(done.stdout)
    if "errors" in listing:
        return None, "; ".join(f"{e['sheet']} {e['row']} {e['column']}: {e['message']}" for e in listing["errors"][:3])
    choices = {}
    for name, options in listing["choices"].items():
        choices[name] = []
        for option in options:
            labels = option.get("labels") or ({"": option["label"]} if option["label"] else {})
            choices[name].append((option["name"], {language: plain(text) for language, text in labels.items()}))
    questions = [entry for entry in map(listed, listing["questions"]) if entry[1:3] != ("audit", "audit")]
    return (questions, [listed(entry) for entry in listing["groups"]], choices), None


def compare(what, theirs, mine):
    """Differences between two lists of questions or groups."""
    structure = lambda entries: [entry[:3] for entry in entries]
    if structure(theirs) != structure(mine):
        extra = [entry for entry in structure(mine) if entry not in structure(theirs)]
        lost = [entry for entry in structure(theirs) if entry not in structure(mine)]
        return [f"{what}: only we have {extra}, only pyxform has {lost}" if extra or lost else f"{what}: another order"]
    found = []
    for their, my in zip(theirs, mine):
        if not same_words(their[3], my[3]):
            found.append(f"label of {my[1]}: ours {my[3]}, theirs {their[3]}")
        if what == "questions" and my[4] and their[4] != my[4]:
            found.append(f"list of {my[1]}: ours {my[4]}, theirs {their[4]}")
    return found


def compare_choices(theirs, mine):
    found = []
    if set(theirs) != set(mine):
        found.append(f"lists: ours {sorted(mine)}, theirs {sorted(theirs)}")
    for name in set(theirs) & set(mine):
        if [option for option, _ in theirs[name]] != [option for option, _ in mine[name]]:
            found.append(f"list {name}: ours {mine[name]}, theirs {theirs[name]}")
            continue
        for (option, their), (_, my) in zip(theirs[name], mine[name]):
            if not same_words(their, my):
                found.append(f"label of {name}/{option}: ours {my}, theirs {their}")
    return found


def main():
    folder = Path(sys.argv[1])
    counts = {"agree": 0, "differ": 0, "refused by both": 0, "only ours": 0, "only theirs": 0}
    for path in sorted([*folder.glob("*.xlsx"), *folder.glob("*.xls")]):
        try:
            their = reference(path)
        except PyXFormError as error:
            their, why = None, " ".join(str(error).split())
        my, problem = ours(path)
        if their is None or my is None:
            outcome = "refused by both" if their is my else "only ours" if my else "only theirs"
            counts[outcome] += 1
            if outcome != "refused by both":
                print(f"{path.name}: {outcome} accepts it ({why if my else problem})")
            continue
        found = compare("questions", their[0], my[0]) + compare("groups", their[1], my[1]) + compare_choices(their[2], my[2])
        counts["differ" if found else "agree"] += 1
        for difference in found:
            print(f"{path.name}: {difference}")
    print(json.dumps(counts))
    sys.exit(1 if counts["differ"] or not counts["agree"] else 0)


if __name__ == "__main__":
    main()
