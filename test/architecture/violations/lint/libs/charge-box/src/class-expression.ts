export const T = class { a = 1; };
