// Energy of each charge box on each day (UTC), in Wh: how much the registers of its connectors rose.
// What flows between the last reading of a day and the first of the next one counts for neither.

const keyOf = (identity, day) => `${day} ${identity}`;
const dayOf = (time) => time.at.slice(0, 10);

/** The row after a register of a connector showed a number of Wh. */
function read(row, { identity, day, connectorId, wattHours }) {
  const before = row ?? { identity, day, energy: 0, registers: {} };
  const last = before.registers[connectorId] ?? wattHours;
  const registers = { ...before.registers, [connectorId]: wattHours };
  return { ...before, energy: before.energy + Math.max(0, wattHours - last), registers };
}

/** A change by the one reading that an event has, if it has it. */
const byReading = (nameOfReading) => ({
  keys: (data, { identity }) =>
    data.connectorId === undefined || data[nameOfReading] === undefined ? [] : [keyOf(identity, dayOf(data.timestamp))],
  apply: (row, data, { identity }) =>
    read(row, {
      identity,
      day: dayOf(data.timestamp),
      connectorId: data.connectorId,
      wattHours: data[nameOfReading],
    }),
});

/** Readings of the register of a day, in Wh. */
function registersIn({ values }, day) {
  return values
    .filter(({ timestamp }) => day === undefined || dayOf(timestamp) === day)
    .flatMap(({ timestamp, value }) =>
      value
        .filter(({ measurand, format }) => measurand === 'Energy.Active.Import.Register' && format === 'Raw')
        .map(({ value: text, unit }) => ({ timestamp, wattHours: Number(text) * (unit === 'kWh' ? 1000 : 1) }))
        .filter(({ wattHours }) => Number.isFinite(wattHours)),
    );
}

module.exports = {
  name: 'energy-by-day',
  version: 1,
  columns: { identity: (row) => row.identity, day: (row) => row.day },
  indexes: ['identity'],
  on: {
    TransactionStarted: byReading('meterStart'),
    TransactionStopped: byReading('meterStop'),
    MeterValuesReported: {
      keys: (data, { identity }) => registersIn(data).map(({ timestamp }) => keyOf(identity, dayOf(timestamp))),
      apply: (row, data, { identity, key }) => {
        const day = key.slice(0, 10);
        return registersIn(data, day).reduce(
          (now, { wattHours }) => read(now, { identity, day, connectorId: data.connectorId, wattHours }),
          row,
        );
      },
    },
  },
};
