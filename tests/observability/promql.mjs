// Reads PromQL.
import {parser} from '@prometheus-io/lezer-promql';

const tree = (expr) => parser.parse(expr);

// Where an expression is no PromQL; nothing when it is.
export function syntaxErrors(expr) {
  const errors = [];
  tree(expr).iterate({enter: (node) => void (node.type.isError && errors.push(`at ${node.from}: ${expr.slice(node.from)}`))});
  return errors;
}

// The metrics of an expression, each with the labels that it is selected by; and the labels by which it groups and matches.
export function namesIn(expr) {
  const selectors = [], labels = [];
  const textOf = (node) => expr.slice(node.from, node.to);
  tree(expr).iterate({
    enter: ({name, node}) => {
      if (name === 'VectorSelector') {
        const metric = node.getChild('Identifier');
        const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
        selectors.push({metric: metric && textOf(metric), labels: matchers.map((each) => textOf(each.getChild('LabelName')))});
      } else if (name === 'GroupingLabels') {
        labels.push(...node.getChildren('LabelName').map(textOf));
      }
    },
  });
  return {selectors, labels};
}
