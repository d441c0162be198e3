#!/usr/bin/env bash
# htmx.org 4.0.1: a morph replaces a form that has a field named "id", instead of keeping it.
#
# Expected: `outerMorph` with the same markup, but for one class, keeps the elements that are there: the
# documentation calls it a swap that preserves focus and state.
# Happens: the form is another element afterwards. The morph compares `element.id`, which of such a form
# is not its id but the field (the HTML standard's named properties of forms), so that the two never
# match. In a browser without `Element.prototype.moveBefore`, such as WebKitGTK 2.50, the keyboard goes
# to the top of the page with each swap; Chromium and Firefox hide it. Seen on 27 November 2026:
#   a field named "todo_id": the form is the same: true, focus is kept: true
#   a field named "id": the form is the same: false, focus is kept: false
#
# Needs Node.js with npm, and Chromium (CHROMIUM=/path/to/it). Exits with 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund htmx.org@4.0.1 playwright-core@1.65.1

cat >look.mjs <<'LOOK'
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, chromiumSandbox: false });
for (const field of ["todo_id", "id"]) {
  const page = await browser.newPage();
  const form = `<form hx-post="/x"><input type="hidden" name="${field}" value="7"><button id="go">Go</button></form>`;
  await page.setContent(`<ul><li id="row">${form}</li></ul>`);
  await page.addScriptTag({ content: readFileSync("node_modules/htmx.org/dist/htmx.js", "utf8") });
  const kept = await page.evaluate(async () => {
    delete Element.prototype.moveBefore;
    const row = document.querySelector("#row");
    const form = row.querySelector("form");
    document.querySelector("#go").focus();
    const text = row.outerHTML.replace("<button", '<button class="done"');
    const answer = { request: {}, response: { raw: {} } };
    await htmx.swap({ text, sourceElement: document.body, target: row, swap: "outerMorph", ...answer });
    return { form: document.querySelector("form") === form, focus: document.activeElement.id === "go" };
  });
  console.log(`a field named "${field}": the form is the same: ${kept.form}, focus is kept: ${kept.focus}`);
}
await browser.close();
LOOK
node look.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
a field named "todo_id": the form is the same: true, focus is kept: true
a field named "id": the form is the same: false, focus is kept: false
SEEN
