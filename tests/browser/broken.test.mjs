// Browsers that lack something, or have it broken: each part of the page works without it.

import { assert, scenario } from "./support.mjs";

/* Each of these runs in the page, before its scripts. */

const tongues = (languages) => ({
  init: (languages) => Object.defineProperty(navigator, "languages", { get: () => languages }),
  with: languages,
});

const storage = (name, value) => ({
  init: ({ name, value }) => {
    const get = () => {
      if (value === "throws") throw new DOMException("The operation is insecure.", "SecurityError");
      return value;
    };
    Object.defineProperty(window, name, { get });
  },
  with: { name, value },
});

const broken = {
  "no language": tongues([]),
  "the language C": tongues(["C"]),
  "the language en-US@posix": tongues(["en-US@posix"]),
  "a language that is no tag": tongues(["", "x", "not a language"]),
  "no Intl": { init: () => delete window.Intl, starts: ["times"] },
  "an Intl that knows no language": {
    init: () => {
      Intl.DateTimeFormat = class {
        constructor() {
          throw new RangeError("Incorrect locale information provided");
        }
      };
    },
    starts: ["times"],
  },
  "no localStorage": storage("localStorage", null),
  "a localStorage that throws": storage("localStorage", "throws"),
  "no sessionStorage": storage("sessionStorage", null),
  "a sessionStorage that throws": storage("sessionStorage", "throws"),
  "full storage": {
    init: () => {
      Storage.prototype.setItem = () => {
        throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
      };
    },
  },
  "no BroadcastChannel": { init: () => delete window.BroadcastChannel, starts: ["tabs"] },
};

for (const [name, { init, with: given, starts = [] }] of Object.entries(broken)) {
  scenario(`with ${name} each part of the page works`, {}, async (visitor) => {
    const { page, context } = visitor;
    visitor.expect(401, 403, "ERR_INTERNET_DISCONNECTED", "htmx:error: Failed to fetch", ...starts.map((part) => `"${part}"`));
    await context.addInitScript(init, given);
    await page.goto("/login");
    await page.getByRole("button", { name: "Show password" }).click();
    await visitor.signUp();
    await visitor.stock(["There before"]);
    const time = await page.locator("#todos time").first().innerText();
    assert.equal(time.endsWith("UTC"), starts.includes("times"), time);
    await failsAndSaysSo(visitor);
    await usesKeys(visitor);
    await comesBackFromTheLoginPage(visitor);
  });
}

async function failsAndSaysSo(visitor) {
  const { page, context } = visitor;
  await context.setOffline(true);
  await visitor.add("Typed with care");
  assert.match(await visitor.said(), /could not be reached/);
  await context.setOffline(false);
  await visitor.change(() => page.press("#description", "Enter"));
  assert.deepEqual(await visitor.texts(), ["Typed with care", "There before"]);
}

/** A preference that cannot be kept holds on this page at least. */
async function usesKeys(visitor) {
  const { page } = visitor;
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
  await dialog.getByRole("checkbox").click();
  await dialog.getByRole("button", { name: "Close" }).click();
  await page.focus("nav a");
  await page.keyboard.press("n");
  assert.notEqual(await visitor.focused(), "description");
}

/** Where nothing is kept the text goes along in the form of the login page, never in an address. */
async function comesBackFromTheLoginPage(visitor) {
  const { page, context } = visitor;
  await page.fill("#description", "Half a thought");
  await context.clearCookies();
  await visitor.go(() => page.locator(".check").first().click());
  assert(["/", "/login"].includes(visitor.path()), visitor.path());
  await visitor.logIn();
  assert.equal(await page.inputValue("#description"), "Half a thought");
}
