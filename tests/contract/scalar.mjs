// Scalar's own parser on the document: `node scalar.mjs FILE`. Its command line wants a newer Node.js than systems have.

import { readFileSync } from "node:fs";
import { validate } from "@scalar/openapi-parser";

const file = process.argv[2];
const { valid, errors } = await validate(readFileSync(file, "utf8"));
if (!valid) {
  for (const { path, message } of errors) console.error(`${file}${path ?? ""}: ${message}`);
  process.exit(1);
}
console.log(`${file}: valid for Scalar`);
