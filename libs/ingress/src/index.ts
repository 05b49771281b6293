export { IngressModule } from './ingress.module';
export { ingressDefaults } from './settings';
export type { IngressSettings } from './settings';
export { SoapListener } from './soap-listener';
export type { WsdlSource } from './soap-listener';
export { trustedProxies } from './trusted-proxies';
