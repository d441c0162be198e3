#!/usr/bin/env bash
# htmx.org 4.0.1: a form with hx-post does not heed the `formaction` of the button that submits it.
#
# Expected: as without a script, and as in htmx 2.0.10, the button "Delete" of
# `<form action="/save" hx-post="/save">` with `formaction="/delete"` posts to /delete: the HTML standard's way to give
# a form two verbs, which works without a script too.
# Happens: it posts to /save, with the button's name and value. A form that only has hx-boost does heed it.
#   no script:                     POST /delete verb=delete
#   htmx 2.0.10, hx-post:          POST /delete verb=delete
#   htmx 4.0.1, hx-post:           POST /save verb=delete
#   htmx 4.0.1, hx-boost:          POST /delete verb=delete
# What helps: hx-post on each button as well, or one address that tells the verbs apart by the button's name.
#
# Needs Node.js with npm, and Chromium (CHROMIUM=/path/to/it). Exits with 1 when that has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund htmx4@npm:htmx.org@4.0.1 htmx2@npm:htmx.org@2.0.10 playwright-core@1.65.1

cat >look.mjs <<'LOOK'
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const pages = [
  ["no script", "", ""],
  ["htmx 2.0.10, hx-post", "htmx2", 'hx-post="/save"'],
  ["htmx 4.0.1, hx-post", "htmx4", 'hx-post="/save"'],
  ["htmx 4.0.1, hx-boost", "htmx4", 'hx-boost="true"'],
];
const button = '<button name="verb" value="delete" formaction="/delete">Delete</button>';
let posted = () => {};
const server = createServer(async (request, response) => {
  const path = new URL(request.url, "http://localhost").pathname;
  let body = "";
  for await (const part of request) body += part;
  if (request.method === "POST") posted(`POST ${path} ${body}`);
  const script = path.match(/^\/(htmx\d)\.js$/);
  const page = pages[Number(path.slice(1))];
  response.setHeader("content-type", script ? "text/javascript" : "text/html");
  if (script) response.end(readFileSync(`node_modules/${script[1]}/dist/htmx.js`));
  else if (!page) response.end("<p>done</p>");
  else {
    const loaded = page[1] && `<script src="/${page[1]}.js"></script>`;
    response.end(`<!doctype html>${loaded}<form method="post" action="/save" ${page[2]}>${button}</form>`);
  }
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, chromiumSandbox: false });
for (const [number, [title]] of pages.entries()) {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/${number}`);
  const seen = new Promise((done) => (posted = done));
  await page.click("button");
  console.log(`${title}:`.padEnd(30), await seen);
}
await browser.close();
server.close();
LOOK
node look.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
no script:                     POST /delete verb=delete
htmx 2.0.10, hx-post:          POST /delete verb=delete
htmx 4.0.1, hx-post:           POST /save verb=delete
htmx 4.0.1, hx-boost:          POST /delete verb=delete
SEEN
