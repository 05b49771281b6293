export const t = Date();
