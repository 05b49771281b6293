export * from './decision-specification';
