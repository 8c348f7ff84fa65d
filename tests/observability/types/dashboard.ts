// The frame of a dashboard. Each kind of panel has a file of its own: their types have the same names.
import type {Dashboard as Any} from '@grafana/grafana-foundation-sdk/dashboard';

export type Checked = Omit<Any, 'panels'> & {panels: object[]};
