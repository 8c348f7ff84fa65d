import type {RowPanel} from '@grafana/grafana-foundation-sdk/dashboard';

export type Checked = RowPanel;
