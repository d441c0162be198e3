// A gateway in between whose own session has ended: the page says what helps, and nothing is lost.

import { assert, base, scenario } from "./support.mjs";
import { openGateway, ways } from "./gateway.mjs";

async function through(way, body) {
  const gateway = await openGateway(base, way);
  try {
    await body(gateway);
  } finally {
    gateway.close();
  }
}

/** An account made by the pages, since the gateway's origin is another one than the tests'. */
async function signUpAt(visitor, address) {
  const { page, username, password } = visitor;
  await page.goto(`${address}/register`);
  const values = { first_name: "Ona", last_name: "Petraitė", username, password, password_again: password };
  for (const [field, value] of Object.entries(values)) await page.fill(`#${field}`, value);
  await visitor.go(() => page.press("#password_again", "Enter"));
  await visitor.logIn();
}

for (const [name, way] of Object.entries(ways)) {
  scenario(`a gateway that ${name} is named as such, and loading the page again brings the text back`, {}, async (visitor) => {
    const { page } = visitor;
    visitor.expect("content security policy", "Connecting to", "Refused to connect", "Unsafe attempt to load", "htmx:error", "Fetch API cannot load", 401, 403, 511);
    await through(way, async (gateway) => {
      await signUpAt(visitor, gateway.address);
      gateway.isOpen = false;
      await visitor.add("Typed with care");
      const failure = page.locator("#status .failure", { hasText: "Something between you and Tickbox has answered" });
      await failure.waitFor();
      assert.match(await visitor.said(), /logged out by your network's own login page.*Nothing you typed is lost: reload this page/);
      assert.equal(await page.inputValue("#description"), "Typed with care");
      await visitor.shoot(`gateway ${name}`);
      await visitor.go(() => failure.getByRole("link", { name: "reload this page" }).click());
      assert.equal(await page.textContent("h1"), "Log in to the network");
      gateway.isOpen = true; // logged in there
      await page.goto(gateway.address);
      assert.equal(await page.inputValue("#description"), "Typed with care");
      await visitor.change(() => page.press("#description", "Enter"));
      assert.deepEqual(await visitor.texts(), ["Typed with care"]);
    });
  });
}

scenario("a gateway that is met without JavaScript shows its own page, and Back brings the text back", { javaScript: false }, async (visitor) => {
  const { page } = visitor;
  visitor.expect("content security policy");
  await through(ways["answers with a login page"], async (gateway) => {
    await signUpAt(visitor, gateway.address);
    gateway.isOpen = false;
    await page.locator("#description").pressSequentially("Typed with care");
    await visitor.go(() => page.press("#description", "Enter"));
    assert.equal(await page.textContent("h1"), "Log in to the network");
    gateway.isOpen = true;
    await page.goBack({ waitUntil: "commit" });
    await page.locator("#description").waitFor();
    assert.equal(await page.inputValue("#description"), "Typed with care");
  });
});
