// Every page and state: by axe in light and dark, at 320 pixels, and as pictures for people.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pause } from "./screen.mjs";
import { assert, numbered, scenario, secret } from "./support.mjs";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const word = "Donaudampfschifffahrtsgesellschaft".repeat(6).slice(0, 200);
const sentence = "Ask the insurance whether the invoice of last month has been corrected, and write it down";
const phone = { width: 320, height: 640 };
const desk = { width: 1280, height: 800 };

/** Goes through every page and state, and calls `at` in each with its name. */
async function tour(visitor, at) {
  await tourOfForms(visitor, at);
  await visitor.signUp({ firstName: "Konstantinas-Aleksandras-Maksimilianas-Vytautas" });
  await tourOfList(visitor, at);
  await tourOfAccount(visitor, at);
  await visitor.page.goto("/logout");
  await at("logout");
  await visitor.page.goto("/no-such-page");
  await at("404");
}

async function tourOfForms(visitor, at) {
  const { page } = visitor;
  await page.goto("/login");
  await at("login");
  await visitor.logIn(secret("not my password"));
  await at("login refused");
  await page.goto("/login?notice=registered");
  await page.getByRole("button", { name: "Show password" }).click();
  await at("login after registration");
  await page.goto("/register");
  await at("registration");
  await visitor.go(() => page.click("form .button"));
  await at("registration refused");
  for (const field of ["first_name", "last_name", "username"]) await page.fill(`#${field}`, word);
  await visitor.go(() => page.click("form .button"));
  await at("registration refused long words");
}

async function tourOfList(visitor, at) {
  const { page } = visitor;
  await page.goto("/");
  await at("list empty");
  const few = ["Buy milk", word, "Paskambinti Jonui", "אל תשכח לקנות חלב", sentence];
  await visitor.stock([...numbered(47), ...few]);
  for (const text of ["Paskambinti Jonui", sentence]) {
    await visitor.change(() => visitor.row(text).getByRole("checkbox").click());
  }
  await page.evaluate(() => document.activeElement.blur());
  await at("list full");
  await visitor.change(() => page.locator(".remove").nth(4).click());
  await at("list after removal");
  await visitor.add(`${word.slice(40)} due:2199-12-24 at:17:00 due:x`);
  await page.locator(".help summary").click();
  await at("list after words were understood");
  await page.locator(".help summary").click();
  await visitor.add(`${word}!`);
  await at("list with error");
  await tourOfEdits(visitor, at);
  await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
  await at("keys");
  await page.keyboard.press("Escape");
  await visitor.context.setOffline(true);
  await visitor.change(() => page.locator(".check").first().click());
  await visitor.context.setOffline(false);
  await at("list after a failure");
  await page.goto("/?show=done");
  await at("list of the done");
  await page.goto("/?show=today");
  await at("list of today");
  await page.goto("/?show=upcoming");
  await at("list of what is upcoming");
}

/** Each state of the edit form, in the list and as a page. */
async function tourOfEdits(visitor, at) {
  const { page } = visitor;
  const link = visitor.row("To-do 1").locator(".text > a");
  const address = await link.getAttribute("href");
  const [, todo_id] = address.split("=");
  const save = () => visitor.change(() => page.locator(".edit [name=description]").press("Enter"));
  const plan = { notes: "Oat milk", priority: "high", repeat_every: "week", repeat_interval: 2, repeat_from: "completion" };
  await visitor.post("/edit-todo", { todo_id, due_date: "2026-01-31", due_time: "17:05", ...plan });
  await page.reload();
  await at("list with a plan");
  await visitor.change(() => link.click());
  await at("edit");
  await page.locator(".edit [name=description]").fill(`${word}!`);
  await save();
  await at("edit refused");
  await page.locator(".edit [name=description]").fill("Buy tea");
  await visitor.post("/edit-todo", { todo_id, description: sentence });
  await save();
  await at("edit in conflict");
  await visitor.post("/remove-todo", { todo_id });
  await save();
  await at("edit of a removed one");
  await visitor.change(() => page.getByRole("link", { name: "Cancel" }).click());
  await visitor.post("/restore-todo", { todo_id });
  await visitor.post("/edit-todo", { todo_id, description: "To-do 1" });
  await page.goto(address);
  await at("edit page");
  await page.locator(".edit [name=description]").fill(" ");
  await visitor.go(() => page.locator(".edit [name=description]").press("Enter"));
  await at("edit page refused");
  await page.locator(".edit [name=description]").fill("Buy tea");
  await visitor.post("/edit-todo", { todo_id, description: sentence });
  await visitor.go(() => page.locator(".edit [name=description]").press("Enter"));
  await at("edit page in conflict");
  await visitor.post("/edit-todo", { todo_id, description: "To-do 1" });
  await visitor.go(() => page.getByRole("link", { name: "Cancel" }).click());
}

async function tourOfAccount(visitor, at) {
  const { page, username, password } = visitor;
  await page.goto("/account?notice=password_changed");
  await at("account");
  await page.goto("/settings");
  await at("settings");
  await page.fill("#time_zone", word);
  await visitor.go(() => page.click("form .button"));
  await at("settings refused");
  await page.goto("/settings?notice=time_zone_set");
  await at("settings saved");
  await page.goto("/change-password");
  await at("change password");
  await visitor.go(() => page.click("form .button"));
  await at("change password refused");
  await page.goto("/sessions");
  await at("sessions, only this one");
  for (const device_name of ["Ona's phone", "<b>אב</b> phone", word.slice(0, 100)]) {
    const data = { username, password, device_name };
    const { token, refresh_token } = await (await visitor.context.request.post("/api/v1/login", { data })).json();
    [token, refresh_token].forEach(secret);
  }
  await page.goto("/sessions?notice=session_ended");
  await at("sessions");
}

for (const colorScheme of ["light", "dark"]) {
  // axe brings styles of its own, which the policy of the pages forbids.
  const options = { colorScheme, bypassCSP: true, reducedMotion: "reduce" };
  scenario(`axe finds nothing on any page, ${colorScheme}`, options, async (visitor) => {
    expectRefusals(visitor);
    await tour(visitor, async (name) => {
      const found = await visitor.page.evaluate(runAxe, { axeSource, rules });
      assert.deepEqual(found, [], `axe on ${name}`);
    });
  });

  for (const [device, viewport] of Object.entries({ phone, desk })) {
    scenario(`pages fit and targets are large, ${colorScheme}, ${device}`, { colorScheme, viewport }, async (visitor) => {
      expectRefusals(visitor);
      await tour(visitor, async (name) => {
        assert.deepEqual(await visitor.page.evaluate(misfits), [], name);
        await visitor.shoot(`${name} ${device} ${colorScheme}`);
      });
    });
  }
}

for (const [device, viewport] of Object.entries({ phone, desk })) {
  scenario(`a page that is painted before its script runs does not move when it does, ${device}`, { viewport }, async (visitor) => {
    const { page } = visitor;
    await visitor.signUp();
    // Whose dates fit on a line in the words of the server and of the script.
    await visitor.stock(["Buy milk", "Call mum due:today", "Pay the rent due:2199-12-24"]);
    const edit = await page.locator("#todos .text > a").first().getAttribute("href");
    await page.route(/\.js$/, async (route) => {
      await pause(300);
      await route.continue();
    });
    await page.addInitScript(observeShifts);
    for (const path of ["/", "/?show=today", "/?show=upcoming", edit, "/settings", "/account", "/sessions"]) {
      await page.goto(path);
      await page.waitForFunction(() => window.htmx && document.readyState === "complete");
      await pause(200); // for the frames after it
      assert.deepEqual(await page.evaluate(() => window.shifts), [], path);
    }
  });
}

scenario("nothing that is hidden is laid out, whatever the style says of its kind", {}, async (visitor) => {
  expectRefusals(visitor);
  await tour(visitor, async (name) => {
    assert.deepEqual(await visitor.page.evaluate(laidOutThoughHidden), [], name);
  });
});

scenario("a text that is written from right to left stands at the right", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  await visitor.stock(["Buy milk", "مرحبا بالعالم", "אל תשכח לקנות חלב"]);
  for (const [text, side] of [["Buy milk", "left"], ["مرحبا بالعالم", "right"], ["אל תשכח לקנות חלב", "right"]]) {
    assert.equal(await visitor.row(text).locator(".text > a").evaluate(sideOf), side, text);
  }
  // Chromium takes a list item's side from the text, other engines from the list: the rule must be there.
  const align = await page.locator(".text > a").first().evaluate((text) => getComputedStyle(text).textAlign);
  assert.equal(align, "start");
});

scenario("forced colours and paper show the list", {}, async (visitor) => {
  const { page } = visitor;
  expectRefusals(visitor);
  await visitor.signUp();
  await visitor.stock([word, "Buy milk", sentence]);
  await visitor.change(() => visitor.row("Buy milk").getByRole("checkbox").click());
  await visitor.add(" ");
  await page.emulateMedia({ forcedColors: "active" });
  await visitor.shoot("forced colours");
  await page.emulateMedia({ forcedColors: null, media: "print" });
  await visitor.shoot("paper");
  for (const part of ["#add", "#status", "nav", ".remove", ".errors", "#keys-open"]) {
    assert(await page.locator(part).first().isHidden(), part);
  }
  assert(await visitor.row(sentence).isVisible());
});

scenario("the icon is drawn at every size", {}, async (visitor) => {
  const { page } = visitor;
  await page.goto("/login");
  const drawn = await page.evaluate(async () => {
    const sizes = [16, 32, 64, 180];
    const icons = sizes.map((size) => new Image(size, size));
    for (const icon of icons) icon.src = document.querySelector("link[rel=icon]").href;
    document.querySelector("main").replaceChildren(...icons);
    await Promise.all(icons.map((icon) => icon.decode()));
    return icons.every((icon) => icon.naturalWidth > 0);
  });
  assert(drawn);
  await visitor.shoot("icon light");
  await page.emulateMedia({ colorScheme: "dark" });
  await visitor.shoot("icon dark");
});

function expectRefusals(visitor) {
  visitor.expect(401, 404, 409, 422, "ERR_INTERNET_DISCONNECTED", "htmx:error: Failed to fetch");
}

/* These run in the page. */

/** Each element that moved without a press or a key, and by how much. Not what a date moves within its line, that the
    script writes in the reader's language: less than a thousandth. */
function observeShifts() {
  window.shifts = [];
  const named = ({ node }) => node?.id || node?.className || node?.nodeName;
  const note = ({ value, sources }) => value > 0.001 && window.shifts.push([value, ...sources.map(named)]);
  new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type: "layout-shift", buffered: true });
}

async function runAxe({ axeSource, rules }) {
  if (!window.axe) (0, eval)(axeSource);
  const { violations } = await window.axe.run(document, { runOnly: rules });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

/** What is wider than the window, or too small for a thumb: 44 pixels, 24 for a link in a line. */
function misfits() {
  const found = [];
  if (document.documentElement.scrollWidth > window.innerWidth) found.push("the page scrolls sideways");
  for (const element of document.querySelectorAll("a, button, summary, .choice, select, textarea, input:not([type=hidden])")) {
    const { width, height, left, right } = element.getBoundingClientRect();
    if (!element.checkVisibility() || element.matches(".skip, dialog input, .choice input")) continue;
    const least = element.matches("a:not(nav a, .button), .show") ? 24 : 44;
    if (height < least || width < 24) found.push(`${element.outerHTML} is ${width} by ${height}`);
    if (left < 0 || right > window.innerWidth) found.push(`${element.outerHTML} sticks out`);
  }
  return found;
}

/** What is hidden and takes place all the same; each kind of element once more, hidden, too. */
function laidOutThoughHidden() {
  const kinds = [...document.querySelectorAll("body *")].filter(({ localName }) => localName !== "option");
  const copies = kinds.map((element) => {
    const copy = element.cloneNode(false);
    copy.removeAttribute("id");
    copy.hidden = true;
    element.after(copy);
    return copy;
  });
  const found = [...document.querySelectorAll("[hidden]")].filter((element) => element.getClientRects().length > 0);
  const names = found.map((element) => element.outerHTML);
  for (const copy of copies) copy.remove();
  return names;
}

/** At which edge of its own box the text begins. */
function sideOf(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const [text, box] = [range.getBoundingClientRect(), element.getBoundingClientRect()];
  return text.left - box.left < box.right - text.right ? "left" : "right";
}
