"""Validates JSON files by a JSON Schema: schema.py SCHEMA FILE..."""

import json
import sys
from pathlib import Path

from jsonschema import Draft202012Validator

schema = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
problems = []
for name in sys.argv[2:]:
    document = json.loads(Path(name).read_text(encoding="utf-8"))
    for error in validator.iter_errors(document):
        causes = "; ".join(cause.message[:200] for cause in error.context or [])
        problems.append(f"{name}: {error.json_path}: {error.message[:300]} ({causes})")
print("\n".join(problems))
sys.exit(bool(problems))
