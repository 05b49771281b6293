import { readFileSync } from 'fs'; export const f = readFileSync;
