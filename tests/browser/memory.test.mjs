// Pages that the browser keeps in memory: after logging out, or when somebody else has logged in, Back
// and Forward show nothing of them, whether the server can be reached or not.

import { assert, scenario } from "./support.mjs";

const secretText = "Nobody else's business";

/** Every picture that the page has shown since, as words. */
const shown = (page) => page.evaluate(() => document.body.innerText).catch(() => "");

async function showsNothing(visitor, move) {
  const { page } = visitor;
  await page[move]({ waitUntil: "commit" }).catch(() => {});
  for (let look = 0; look < 10; look++) {
    const text = await shown(page);
    for (const word of [secretText, visitor.username, "Ona"]) assert(!text.includes(word), `${move}: ${text}`);
    await page.waitForTimeout(50);
  }
}

const pages = { "the list": "/", "the account": "/account", "the sessions": "/sessions" };

for (const [name, path] of Object.entries(pages)) {
  for (const reachable of [true, false]) {
    scenario(`after logout Back and Forward show nothing of ${name}, server ${reachable ? "there" : "gone"}`, {}, async (visitor) => {
      const { page, context } = visitor;
      visitor.expect("ERR_INTERNET_DISCONNECTED", "ERR_FAILED");
      await visitor.signUp();
      await visitor.stock([secretText]);
      await page.goto(path);
      await page.goto("/logout");
      await visitor.go(() => page.getByRole("button", { name: "Log out" }).click());
      await context.setOffline(!reachable);
      for (const move of ["goBack", "goBack", "goForward", "goBack"]) await showsNothing(visitor, move);
    });
  }
}

scenario("the page that the login led to is not shown by Back after logout, server gone", {}, async (visitor) => {
  const { page, context } = visitor;
  visitor.expect("ERR_INTERNET_DISCONNECTED", "ERR_FAILED");
  await visitor.signUp();
  await visitor.stock([secretText]);
  await page.goto("/login");
  assert.equal(visitor.path(), "/");
  await visitor.go(() => page.getByRole("button", { name: "Log out" }).click());
  await context.setOffline(true);
  await showsNothing(visitor, "goBack");
});

scenario("when somebody else has logged in, Back shows their list and nothing of the other", {}, async (visitor, enter) => {
  const { page, context } = visitor;
  const neighbour = await enter();
  await neighbour.signUp({ firstName: "Jonas" });
  await visitor.signUp();
  await visitor.stock([secretText]);
  await page.goto("/account");
  await context.clearCookies();
  const { username, password } = neighbour;
  assert.equal((await visitor.post("/login", { username, password })).status(), 303);
  await showsNothing(visitor, "goBack");
  assert.equal(await page.textContent(".name"), "Jonas");
});

scenario("a page that comes out of memory is loaded anew, with what was typed in it", {}, async (visitor) => {
  const { page, context } = visitor;
  await visitor.signUp();
  let persisted = 0;
  await page.exposeFunction("noteShown", (isPersisted) => (persisted += isPersisted ? 1 : 0));
  await context.addInitScript(() => window.addEventListener("pageshow", (event) => window.noteShown(event.persisted)));
  await page.goto("/");
  await page.locator("#description").pressSequentially("Half a thought");
  await page.goto("/login?notice=registered");
  await page.goto("/account");
  await page.goBack({ waitUntil: "commit" }).catch(() => {});
  await page.locator("#description").waitFor();
  assert.equal(await page.inputValue("#description"), "Half a thought");
  console.log(`# kept in memory: ${persisted}`);
});
