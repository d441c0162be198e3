// Texts that have broken out of pages, or broken pages. Each is a to-do that somebody may really
// add, so each must come back as it was.

const run = "window.executed=1";

export const hostile = [
  // Markup
  `<script>${run}</script>`,
  `</script><script>${run}</script>`,
  `<img src=x onerror=${run}>`,
  `<svg onload=${run}>`,
  `<svg><script>${run}</script></svg>`,
  `<body onload=${run}>`,
  `<iframe srcdoc="<script>parent.executed=1</script>"></iframe>`,
  `<details open ontoggle=${run}>`,
  `<input autofocus onfocus=${run}>`,
  `<a href="javascript:${run}">click</a>`,
  `<math><mtext></mtext><mglyph><style><img src=x onerror=${run}></style></mglyph></math>`,
  `<template><script>${run}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${run}>">`,
  `<style>body{display:none}</style>`,
  `<link rel=stylesheet href=//evil.example/x.css>`,
  `<meta http-equiv=refresh content="0;url=//evil.example">`,
  `<base href=//evil.example/>`,
  `<form action=//evil.example><button>Log in</button></form>`,
  `<plaintext>`,
  `<!-- never closed`,
  `--> <b>closed</b>`,
  `<![CDATA[<b>cdata</b>]]>`,
  `<?xml version="1.0"?>`,
  `</span></div></li></ul></main></body></html>`,
  `</title></head><body>`,
  `</textarea><img src=x onerror=${run}>`,
  // Out of an attribute
  `" onmouseover="${run}`,
  `' onfocus='${run}' autofocus='`,
  `"><img src=x onerror=${run}>`,
  `'><svg onload=${run}>`,
  "` onerror=`window.executed=1",
  `x" autofocus onfocus="${run}" y="`,
  // htmx and other templates
  `<div hx-get="/logout" hx-trigger="load"></div>`,
  `<hx-partial hx-target="#todos" hx-swap="delete"></hx-partial>`,
  `</hx-partial><hx-partial hx-target="#main" hx-swap="innerHTML">gone</hx-partial>`,
  `</template><div hx-swap-oob="true" id="todos"></div>`,
  `<div data-hx-on:load="${run}" hx-on::load="${run}">`,
  `{{constructor.constructor('${run}')()}}`,
  "${window.executed=1} #{7*7} <%= 7*7 %> {% raw %}",
  `[[\${7*7}]] @{7*7} {{7*'7'}}`,
  // Quotes, escapes, other languages' specials
  `"double" 'single' \`back\` “curly” «guillemets» „low“`,
  "back\\slash \\n \\\\ \\u0041 \\x41 \\0 C:\\new\\table",
  "&lt;b&gt;already escaped&lt;/b&gt; &amp;amp; &#x41; &copy &notit;",
  "'; DROP TABLE todos; -- \" OR 1=1 /* %_ */",
  "100%25 %00 %3Cscript%3E a+b=c&d=e#f?g",
  "../../etc/passwd file:///etc/passwd \\\\server\\share",
  "$(reboot) `reboot` ; reboot | reboot && reboot",
  "=HYPERLINK(\"//evil.example\") +1 -1 @SUM(1)",
  "javascript:window.executed=1",
  "data:text/html,<script>parent.executed=1</script>",
  "null undefined NaN true [object Object] __proto__ constructor",
  // Right to left, and marks that turn the text around
  "שלום עולם (123) abc",
  "مرحبا بالعالم، ١٢٣",
  "\u202Eright to left override\u202C after",
  "\u2067isolate never closed",
  "\u202Enever closed either",
  "a\u200Fb\u200Ec\u061Cd",
  "שלום‏ <b>bold</b> 1 > 2",
  // Combining, invisible and wide
  "e\u0301 is not é, and Z̸̢̡̛̖̗a̴̧͉l̵̨g̶̡o̷̢",
  `a${"\u0301".repeat(150)}`,
  "zero\u200Bwidth\u200Djoiner\u2060s\uFEFFinside",
  "soft\u00ADhyphen non\u00A0breaking\u202Fspaces\u3000wide",
  "line\u2028separator paragraph\u2029separator",
  "🇱🇹 👩‍👩‍👧‍👦 👨🏿‍🚀 🏴󠁧󠁢󠁳󠁣󠁴󠁿 ❤️‍🔥 1️⃣",
  "🧑🏻‍❤️‍💋‍🧑🏿".repeat(4),
  "𝕱𝖔𝖚𝖗 𝖇𝖞𝖙𝖊𝖘 𠜎𠜱𠝹 𐍈 🜁 ",
  "日本語 中文 한국어 ไทย हिन्दी தமிழ் አማርኛ",
  "ﷺ ﷽ ㎏ ﬁ Å Ω ſ ı İ ß",
  "\u{10FFFF} \uFFFD \uE000 \u{F0000}",
  "W".repeat(200),
  "𠜎".repeat(200),
  "ąčęėįšųūž ĄČĘĖĮŠŲŪŽ €",
].map((text) => text.trim());

const around = [
  (text) => text,
  (text, other) => `${text} ${other}`,
  (text, other) => `${other}${text}`,
  (text) => `"${text}"`,
  (text) => `<b>${text}`,
  (text) => `'>${text}<'`,
  (text) => `&${text};`,
  (text) => `\\${text}\\`,
];

/** Each of them also before, behind and inside others, as long as it is a to-do. */
export const fiveHundred = around
  .flatMap((put) => hostile.map((text, index) => put(text, hostile[(index + 7) % hostile.length])))
  .filter((text) => [...text].length <= 200)
  .slice(0, 500);
