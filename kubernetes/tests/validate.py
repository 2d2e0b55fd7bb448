"""Holds manifests against the schemas of Kubernetes, strictly: the same function as `kubernetes-validate --strict`.

Reads JSON: a list of {"name", "text", "versions"}. Says each object that is refused, and how many were looked at.
"""

import functools
import json
import sys

import yaml
from kubernetes_validate import utils

# It reads its schemas anew for each object.
utils.schema_contents = functools.lru_cache(maxsize=None)(utils.schema_contents)

looked, refused = 0, 0
for manifest in json.load(open(sys.argv[1], encoding="utf-8")):
    for number, document in enumerate(yaml.safe_load_all(manifest["text"])):
        for version in manifest["versions"]:
            looked += 1
            try:
                utils.validate(document, version, strict=True)
            except Exception as error:  # What has no schema is refused, too.
                refused += 1
                text = getattr(error, "message", str(error))
                print(f"{manifest['name']} document {number}, version {version}: {text}\n{document}")
print(f"looked at {looked}, refused {refused}")
sys.exit(1 if refused else 0)
