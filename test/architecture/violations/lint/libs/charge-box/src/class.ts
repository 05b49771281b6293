export class Thing {
  readonly one = 1;
}
