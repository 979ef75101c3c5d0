# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Checks an object against a schema of doc/schema: the part of JSON Schema that those files use.

Stricter than they are in one thing: a member that the schema does not know is a fault, so that nothing is printed that is not
documented.
"""
import json
import os
import re

TYPES = {
	"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None), "number": (int, float),
}
KNOWN = {"$schema", "$id", "$ref", "title", "description", "type", "properties", "required", "items", "enum", "pattern", "minimum",
		"maximum", "anyOf", "additionalProperties", "const"}


class Schemas:
	def __init__(self, folder):
		self.folder = folder
		self.loaded = {}

	def load(self, name):
		if name not in self.loaded:
			with open(os.path.join(self.folder, name), encoding="utf-8") as file:
				self.loaded[name] = json.load(file)
		return self.loaded[name]

	def resolve(self, reference, here):
		name, _, path = reference.partition("#")
		schema = self.load(name or here)
		for part in path.strip("/").split("/"):
			if part:
				schema = schema[part]
		return schema, name or here

	def check(self, name, value):
		"""Raises ValueError, which says where."""
		self.check_value(self.load(name), value, "$", name)

	def check_value(self, schema, value, where, here):
		if "$ref" in schema:
			schema, here = self.resolve(schema["$ref"], here)
		unknown = set(schema) - KNOWN
		if unknown:
			raise ValueError("%s: the checker does not know %s" % (here, ", ".join(sorted(unknown))))
		self.check_plain(schema, value, where)
		if isinstance(value, dict):
			self.check_object(schema, value, where, here)
		if isinstance(value, list) and "items" in schema:
			for index, item in enumerate(value):
				self.check_value(schema["items"], item, "%s[%d]" % (where, index), here)

	@staticmethod
	def check_plain(schema, value, where):
		types = schema.get("type", [])
		types = [types] if isinstance(types, str) else types
		if types and not any(isinstance(value, TYPES[one]) and not (one in ("integer", "number") and isinstance(value, bool)) for one in types):
			raise ValueError("%s: expected %s, found %r" % (where, " or ".join(types), value))
		if "enum" in schema and value not in schema["enum"]:
			raise ValueError("%s: %r is not one of %s" % (where, value, schema["enum"]))
		if "const" in schema and value != schema["const"]:
			raise ValueError("%s: expected %r, found %r" % (where, schema["const"], value))
		if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
			raise ValueError("%s: %r does not match %s" % (where, value, schema["pattern"]))
		if isinstance(value, (int, float)) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
			raise ValueError("%s: %s is out of range" % (where, value))

	def check_object(self, schema, value, where, here):
		properties = schema.get("properties", {})
		for name in schema.get("required", []):
			if name not in value:
				raise ValueError("%s: no member %s" % (where, name))
		for name, member in value.items():
			if name in properties:
				self.check_value(properties[name], member, "%s.%s" % (where, name), here)
			elif isinstance(schema.get("additionalProperties"), dict):
				self.check_value(schema["additionalProperties"], member, "%s.%s" % (where, name), here)
			elif not schema.get("additionalProperties", False) and properties:
				raise ValueError("%s: member %s is not documented" % (where, name))
		if "anyOf" in schema and not any(set(choice["required"]) <= set(value) for choice in schema["anyOf"]):
			raise ValueError("%s: neither an error nor all that it must have: %s" % (where, sorted(value)))
