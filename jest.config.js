/** @type {import('jest').Config} */
module.exports = {
  rootDir: '.',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test', '<rootDir>/tools', '<rootDir>/bench'],
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/jest.setup.js'],
  testMatch: ['**/*.spec.ts', '**/*.e2e-spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/test/architecture/violations/', '<rootDir>/apps/node-red/'],
  modulePathIgnorePatterns: ['<rootDir>/apps/node-red/'],
  moduleFileExtensions: ['ts', 'js', 'json'],
  transform: { '^.+\\.[cm]?[tj]s$': ['@swc/jest'] },
  transformIgnorePatterns: ['/node_modules/(?!(jose)/)'],
  moduleNameMapper: { '^@app/([^/]+)$': '<rootDir>/libs/$1/src' },
  coverageProvider: 'v8',
  maxWorkers: 2,
  testTimeout: 60_000,
};
