"""A report in the forms that others read: each writer makes the text of one from the same report.

What a submission printed is in them. Control characters were taken out when it was read
(grading.run), so that it cannot paint on a terminal; quoting is the format's own.
"""

import csv
import io
import json
import xml.etree.ElementTree as xml


def as_json(report):
    return json.dumps(report.as_json(), indent=2) + "\n"


def as_gradescope(report):
    """Gradescope's results.json. Hidden tests are shown when the grades are published."""
    tests = [
        {"number": str(n), "name": f"{r.test.task}: {r.test.name}", "score": r.earned,
         "max_score": r.test.points, "status": "passed" if r.status == "passed" else "failed",
         "output": "\n".join([r.status, *r.message] if r.status != "passed" else []),
         "visibility": "after_published" if r.test.hidden else "visible"}
        for n, r in enumerate(report.results, 1)
    ]
    said = "\n".join([*report.notes, *([] if report.built else [report.build_output[-4000:]])])
    return json.dumps({"score": report.earned, "output": said, "tests": tests}, indent=2) + "\n"


def as_junit(report):
    failed = sum(r.status in ("failed", "not built") for r in report.results)
    errors = sum(r.status in ("timeout", "missing") for r in report.results)
    skipped = sum(r.status == "skipped" for r in report.results)
    suite = xml.Element("testsuite", name=report.lab.name, tests=str(len(report.results)),
                        failures=str(failed), errors=str(errors), skipped=str(skipped))
    for r in report.results:
        case = xml.SubElement(suite, "testcase", name=r.test.name,
                              classname=f"{report.lab.name}.{r.test.task}")
        if r.status != "passed":
            kind = {"timeout": "error", "missing": "error", "skipped": "skipped"}.get(
                r.status, "failure")
            xml.SubElement(case, kind, message=r.status).text = "\n".join(r.message)
    xml.indent(suite)
    return xml.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def as_tap(report):
    lines = [f"1..{len(report.results)}"]
    for n, r in enumerate(report.results, 1):
        lines.append(f"{'ok' if r.status == 'passed' else 'not ok'} {n} {r.test.task}: {r.test.name}")
        lines += [f"# {line}" for line in ([r.status, *r.message] if r.status != "passed" else [])]
    return "\n".join(lines) + "\n"


def as_csv(reports):
    """A row for each submission of a class."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    tasks = [t.name for t in reports[0].lab.tasks]
    table.writerow(["submission", "points", *tasks, "notes"])
    for report in reports:
        earned = [sum(r.earned for r in report.of_task(t)) for t in report.lab.tasks]
        notes = [*report.notes, *([] if report.built else ["does not build, or not all of it"])]
        name = report.submission.rstrip("/").rpartition("/")[2]
        # A spreadsheet would take these for the start of a formula.
        safe = "'" + name if name[:1] in "=+-@" else name
        table.writerow([safe, report.earned, *earned, "; ".join(notes)])
    return out.getvalue()


ONE = {"json": as_json, "gradescope": as_gradescope, "junit": as_junit, "tap": as_tap}
