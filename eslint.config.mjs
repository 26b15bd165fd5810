import eslint from '@eslint/js';
import jupyter from '@jupyter/eslint-plugin';
import prettier from 'eslint-config-prettier';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const NODE_GLOBALS = {
  AbortSignal: 'readonly',
  Buffer: 'readonly',
  URL: 'readonly',
  clearTimeout: 'readonly',
  console: 'readonly',
  fetch: 'readonly',
  performance: 'readonly',
  process: 'readonly',
  setTimeout: 'readonly'
};

/** The methods of playwright and of `Panel` that read what is drawn. */
const DRAWN =
  'allInnerTexts|bytes|getAttribute|innerText|inputValue|isChecked|textContent';

/** The plugin's own choice of rules, each of them an error; those for sources spare the tests. */
const jupyterRules = jupyter.configs.recommended.map((config, index) => ({
  ...config,
  files: index === 0 ? ['src/**/*.{ts,tsx}'] : config.files,
  plugins: { jupyter },
  rules: Object.fromEntries(
    Object.entries(config.rules).map(([name, level]) => [
      name,
      level === 'off' ? 'off' : 'error'
    ])
  )
}));

const sourceRules = {
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/explicit-module-boundary-types': 'error',
  '@typescript-eslint/naming-convention': [
    'error',
    {
      selector: 'interface',
      format: ['PascalCase'],
      custom: { regex: '^I[A-Z]', match: true }
    }
  ],
  '@typescript-eslint/no-explicit-any': 'error',
  // Jupyter's way: a class's options are an interface in a namespace of its name.
  '@typescript-eslint/no-namespace': 'off',
  '@typescript-eslint/no-unused-vars': ['error', { args: 'none' }],
  '@typescript-eslint/prefer-readonly': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { considerDefaultExhaustiveForUnions: true }
  ],
  // Jupyter's way: `signal.connect(this._onChanged, this)`.
  '@typescript-eslint/unbound-method': 'off',
  'max-lines': ['error', { max: 400 }],
  'max-lines-per-function': [
    'error',
    { max: 40, skipBlankLines: true, skipComments: true }
  ],
  'no-console': ['error', { allow: ['error', 'warn'] }]
};

export default defineConfig(
  globalIgnores(['.cache/', '.venv/', 'labextension/build/', 'lib/']),
  eslint.configs.recommended,
  {
    rules: { curly: 'error', eqeqeq: 'error', 'prefer-arrow-callback': 'error' }
  },
  {
    files: ['**/*.{ts,tsx,mts}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.test.json'],
        tsconfigRootDir: import.meta.dirname
      }
    }
  },
  ...jupyterRules,
  { files: ['src/**/*.{ts,tsx}'], rules: sourceRules },
  {
    // Read in wire.json, from which it is written.
    files: ['src/core/wire/generated.ts'],
    rules: { 'max-lines': 'off' }
  },
  {
    // `activate` reads best in one piece.
    files: ['src/plugins/**/*.ts'],
    rules: {
      // Panel, status item and menu must be there when the layout is restored.
      'jupyter/prefer-lazy-imports': 'off',
      'max-lines-per-function': [
        'error',
        { max: 60, skipBlankLines: true, skipComments: true }
      ]
    }
  },
  {
    // So that `src/core` also runs in Deno and Node. Its folders: see .dependency-cruiser.mjs.
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: ['@jupyterlab/*', '@lumino/*', 'react', 'node:*'] }
      ],
      'no-restricted-globals': [
        'error',
        'document',
        'window',
        'Deno',
        'process'
      ]
    }
  },
  {
    files: ['test/**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.property.name="waitForTimeout"]',
          message: 'Wait for what should happen, never for a time.'
        },
        {
          // A page draws when it likes: once is too early for what it shows.
          selector: `CallExpression[callee.name="expect"] > AwaitExpression > CallExpression[callee.property.name=/^(${DRAWN})$/]`,
          message: 'Ask what is drawn with `expect.poll`.'
        }
      ]
    }
  },
  {
    files: ['test/deno/**/*.ts', 'examples/**/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: { Deno: 'readonly' },
      parserOptions: { project: false }
    }
  },
  {
    files: ['*.mjs', 'scripts/**/*.mjs', 'test/**/*.mjs'],
    languageOptions: { globals: NODE_GLOBALS }
  },
  {
    files: ['rspack.config.js'],
    languageOptions: {
      globals: { __dirname: 'readonly' },
      sourceType: 'commonjs'
    }
  },
  {
    // These tests drive playwright-core; the helper that the rule wants is galata's.
    files: ['test/browser/**/*.ts'],
    rules: { 'jupyter/galata-prefer-menu-helper': 'off' }
  },
  prettier
);
