/**
 * Connections that may wait to be accepted, as far as the system allows (`net.core.somaxconn`): after a restart a whole fleet and everybody who
 * follows come at once, and whoever finds no room waits for seconds or is reset.
 */
export const waitingConnections = 4_096;
