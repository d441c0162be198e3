// What scripts for Node.js may use: what its version in Debian 12 has, 18.
import esx from "eslint-plugin-es-x";
import node from "eslint-plugin-n";

// Debian 12 has 18.20; that a feature is experimental there is no matter of versions.
const version = ">=18.19.0";

export default [
  {
    files: ["**/*.mjs"],
    // Methods by their name alone, since nothing here knows types.
    settings: { "es-x": { aggressive: true }, n: { version } },
    plugins: { n: node },
    languageOptions: { ecmaVersion: 2026 },
    linterOptions: { reportUnusedDisableDirectives: "off" },
    rules: {
      "n/no-unsupported-features/es-builtins": ["error", { version }],
      "n/no-unsupported-features/node-builtins": ["error", { version, allowExperimental: true }],
    },
  },
  { files: ["**/*.mjs"], ...esx.configs["flat/restrict-to-es2022"] },
];
