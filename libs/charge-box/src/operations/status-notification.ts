import { statusKey, writtenTime } from '../natural-keys';
import { answer, inbound, repeat } from '../outcome';
import { interpretTime } from '../times';

// OCPP 1.5, 5.9: connector 0 is the charge box itself. A report without a time counts from its receipt.
export const statusNotification = inbound<'StatusNotification'>()({
  needs: [],
  decide: ({ request: { timestamp, ...report }, box, origin: { at } }) => {
    const { time } = interpretTime(timestamp, at, box.settings.timeZone);
    const key = statusKey(report, writtenTime(time));
    const last = box.connectors.find((connector) => connector.connectorId === report.connectorId)?.status;
    if (key !== '' && key === last) return repeat({});
    return answer({}, { type: 'ConnectorStatusReported', data: { ...report, timestamp: time, at } });
  },
});
