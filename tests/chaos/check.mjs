// Compares what a service has with what was acknowledged.

const mostTold = 200;

// What is wrong with a list: [{kind, id, text}].
export function compareLists(expected, listed) {
  const wanted = new Map(expected);
  const times = new Map();
  const findings = [];
  for (const [id, content] of listed) {
    times.set(id, (times.get(id) ?? 0) + 1);
    if (times.get(id) === 2) findings.push({kind: 'doubled', id, text: `${id} is listed more than once`});
    if (times.get(id) > 1) continue;
    if (!wanted.has(id)) findings.push({kind: 'wrong', id, text: `${id} is listed, but was deleted, erased or never sent: ${content}`});
    else if (wanted.get(id) !== content) {
      findings.push({kind: 'wrong', id, text: `${id} is listed as ${content}; what was acknowledged last is ${wanted.get(id)}`});
    }
  }
  for (const id of wanted.keys()) if (!times.has(id)) findings.push({kind: 'lost', id, text: `${id} is not listed`});
  return findings;
}

// What is wrong with figures: too few is a loss, too many a double count.
export function compareFigures(expected, found) {
  const findings = [];
  for (const name of new Set([...expected.keys(), ...found.keys()])) {
    const wanted = expected.get(name) ?? 0;
    const got = found.get(name) ?? 0;
    if (wanted !== got) findings.push({kind: got < wanted ? 'lost' : 'doubled', text: `${name}: ${got} counted, ${wanted} acknowledged`});
  }
  return findings;
}

// Asks one replica for everything that it has and adds what is wrong to the ledger's findings. `ask` makes a call,
// `collect` reads a stream to its end.
export async function check(ledger, replica, {ask, collect}) {
  const events = ledger.counting();
  const {service} = ledger;
  const lists = compareLists(service.expectedList(events), await service.list(ask, collect));
  const figures = compareFigures(service.expectedFigures(events), await service.figures(ask, ledger.customers()));
  for (const {kind, id, text} of [...lists, ...figures].slice(0, mostTold)) {
    ledger.find(kind, id === undefined ? undefined : ledger.numberOf(id), `${replica}: ${text}`);
  }
}
