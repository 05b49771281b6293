/** Text of a box on a terminal: nothing in it may steer the terminal. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '?');
