"""Computes a month of a client from its events, by its own arithmetic.

stdin: {"fee", "cap", "targets": [{name, percent, tiers}], "events": [...],
"end", "earlier"}; times in whole seconds. stdout: the figures as JSON.
"""
import json, sys
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

month = json.load(sys.stdin)
COUNTED = {"waiting_client", "maintenance", "force_majeure"}
DAY, START, DONE = 86400, 1800, 7200

def paused(event, until):
    seconds = set()
    for hold in event["holds"] or []:
        if hold["reason"] in COUNTED:
            stop = min(hold["to"] or until, hold["from"] + DAY, until)
            seconds.update(range(max(hold["from"], event["due"]), stop, 60))
    return 60 * len(seconds)

def used(event, until):
    return until - event["due"] - paused(event, until)

def verdict(event):
    """None: it doesn't count; else whether what was promised was kept."""
    fate = event["fate"]
    if fate == "not_applicable":
        return None
    if fate == "running":
        return False if used(event, month["end"]) > DONE else None
    if fate in ("failed", "missed", "waived"):
        return False
    return used(event, event["started"]) <= START and used(event, event["ended"]) <= DONE

def state(event):
    if event["fate"] == "done":
        return "on_time" if verdict(event) else "late"
    return {"running": "open"}.get(event["fate"], event["fate"])

def totals(events):
    names = "on_time late failed missed waived not_applicable open".split()
    count = {name: sum(state(e) == name for e in events) for name in names}
    count["expected"] = len(events)
    count["breached"] = sum(verdict(e) is False for e in events)
    count["excluded"] = sum(bool(e["left_out"]) and e["fate"] != "waived" for e in events)
    return count

def attained(events):
    counted = [e for e in events if verdict(e) is not None]
    return {"met": sum(verdict(e) for e in counted), "total": len(counted)}

def cents(share):
    return int((Decimal(month["fee"]) * Decimal(share) / 100).quantize(Decimal(1), ROUND_HALF_UP))

lines, credit = [], 0
for target in month["targets"]:
    mine = [e for e in month["events"] if e["target"] == target["name"]]
    net = [e for e in mine if not e["left_out"]]
    share = attained(net)
    line = {"target": target["name"], "totals": totals(mine), "gross": attained(mine), "net": share, "met": None, "credit": 0, "behind": 0}
    if share["total"]:
        reached = Fraction(100 * share["met"], share["total"])
        line["met"] = reached >= Fraction(target["percent"])
        for tier in target["tiers"]:
            if reached < Fraction(tier["below"]):
                line["credit"] = cents(tier["credit"])
                line["behind"] = sum(verdict(e) is False for e in net)
    credit += line["credit"]
    lines.append(line)
due = min(credit, cents(month["cap"]))
print(json.dumps({
    "totals": totals(month["events"]), "lines": lines, "sum": credit, "due": due,
    "left_out": sum(bool(e["left_out"]) for e in month["events"]),
    "chronic": len(month["earlier"]) + (due > 0) >= 3,
}))
