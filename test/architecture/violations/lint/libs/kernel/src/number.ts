export const isNumber = (text: string): boolean => /^\d+\.?\d*$/.test(text);
