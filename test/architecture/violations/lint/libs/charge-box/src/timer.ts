export const t = setTimeout(() => 1, 5);
