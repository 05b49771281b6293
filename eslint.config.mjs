import { builtinModules } from 'node:module';
import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import jest from 'eslint-plugin-jest';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

const purity = [
  { selector: ':matches(ClassDeclaration, ClassExpression)', message: 'The core has no classes.' },
  { selector: 'ThrowStatement', message: 'A decision is total: a refusal is a value.' },
  { selector: 'AwaitExpression', message: 'The core is synchronous.' },
  { selector: ':function[async=true]', message: 'The core is synchronous.' },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'The core has no clock.' },
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: 'The core has no clock.' },
  { selector: "CallExpression[callee.name='Date']", message: 'The core has no clock.' },
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: 'The core has no chance.' },
];
const impure = ['process', 'performance', 'crypto', 'globalThis', 'fetch', 'setTimeout', 'setInterval', 'setImmediate'];
const noDecorator = {
  selector: 'Decorator',
  message: 'Decorators live in runtime, ingress, egress, read-models, api and apps.',
};

const sizes = {
  // An exhaustive switch is one decision, however many cases it has.
  complexity: ['error', { max: 10, variant: 'modified' }],
  'max-depth': ['error', 3],
  'max-params': ['error', 4],
  'max-lines': ['error', { max: 300 }],
};
const nodeRed = ['apps/node-red/**/*.js'];
const ofCommonJs = ['require', 'module', '__dirname'];
const ofJest = ['jest', 'describe', 'it', 'expect', 'beforeAll', 'beforeEach', 'afterEach', 'afterAll'];
const ofEditor = ['RED', '$'];

/** The rules, for files below a base: the project itself, or the folder of files that must trip them. */
export const configuration = (base, project) =>
  tseslint.config(
    js.configs.recommended,
    ...tseslint.configs.recommendedTypeChecked,
    {
      languageOptions: { parserOptions: { ...project, tsconfigRootDir: import.meta.dirname } },
      linterOptions: { reportUnusedDisableDirectives: 'error' },
      rules: {
        '@typescript-eslint/no-explicit-any': 'error',
        '@typescript-eslint/no-non-null-assertion': 'error',
        '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
        '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
        '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
        '@typescript-eslint/require-await': 'off',
        '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
        'no-control-regex': 'off',
        eqeqeq: 'error',
        'no-restricted-syntax': ['error', noDecorator],
        ...sizes,
      },
    },
    {
      // A text from outside may be a megabyte of whatever an expression likes least.
      plugins: { regexp },
      ignores: ['**/*.spec.ts', `${base}test/**`, '**/specs/**'],
      rules: {
        'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
        'regexp/no-super-linear-move': ['error', { report: 'potential', ignorePartial: false }],
      },
    },
    {
      // Nest reads the types of constructor parameters at run time: a type-only import would be erased.
      files: [`${base}libs/{runtime,ingress,egress,read-models,api}/**/*.ts`, `${base}apps/**/*.ts`],
      rules: {
        'no-restricted-syntax': 'off',
        '@typescript-eslint/consistent-type-imports': 'off',
        '@typescript-eslint/no-extraneous-class': 'off',
      },
    },
    {
      files: [`${base}libs/charge-box/src/**/*.ts`, `${base}libs/ocpp/src/**/*.ts`],
      ignores: ['**/*.spec.ts'],
      rules: {
        'no-restricted-syntax': ['error', noDecorator, ...purity],
        'no-restricted-imports': [
          'error',
          { paths: builtinModules, patterns: [{ group: ['node:*'], message: 'The core does no I/O.' }] },
        ],
        'no-restricted-globals': ['error', ...impure],
      },
    },
    {
      files: ['**/*.spec.ts', '**/*.e2e-spec.ts', '**/*.contract.ts', 'test/**/*.ts', 'libs/testing/**/*.ts'],
      ...jest.configs['flat/recommended'],
      rules: {
        ...jest.configs['flat/recommended'].rules,
        'jest/expect-expect': [
          'error',
          { assertFunctionNames: ['expect', 'expect*', 'assert*', 'fc.assert', '**.then*', 'then*'] },
        ],
        'jest/no-standalone-expect': 'off',
        'jest/no-conditional-expect': 'off',
        'jest/valid-title': 'off',
        'jest/no-export': 'off',
        'jest/no-disabled-tests': 'error',
        '@typescript-eslint/unbound-method': 'off',
      },
    },
    {
      files: ['**/*.spec.ts', '**/*.e2e-spec.ts', '**/*.contract.ts'],
      rules: { 'max-lines': ['error', { max: 600 }] },
    },
    prettier,
  );

export default [
  {
    ignores: [
      'dist',
      'apps/client/dist',
      'coverage',
      'node_modules',
      'data',
      'test/architecture/violations',
      '**/*.js',
      '!apps/node-red/**/*.js',
      '**/*.cjs',
      '**/*.mjs',
    ],
  },
  ...configuration('', { projectService: true }).map((rules) => ({
    ...rules,
    ignores: [...(rules.ignores ?? []), ...nodeRed],
  })),
  {
    // Node-RED loads JavaScript as it is.
    ...js.configs.recommended,
    files: nodeRed,
    languageOptions: {
      sourceType: 'commonjs',
      globals: Object.fromEntries(
        [...Object.getOwnPropertyNames(globalThis), ...ofCommonJs, ...ofJest, ...ofEditor].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
    rules: {
      ...js.configs.recommended.rules,
      'no-unused-vars': ['error', { varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      ...sizes,
    },
  },
  { files: ['apps/node-red/test/**/*.js'], rules: { 'max-lines': ['error', { max: 600 }] } },
];
