#include "tests/response_times/spans.h"

#include <algorithm>

namespace rapport::response_times::reference {

Spans Union(std::vector<Span> spans) {
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.start < b.start; });
  Spans all;
  for (const Span& span : spans) {
    if (span.start >= span.end) continue;
    if (!all.empty() && span.start <= all.back().end) {
      all.back().end = std::max(all.back().end, span.end);
    } else {
      all.push_back(span);
    }
  }
  return all;
}

Spans Intersect(const Spans& a, const Spans& b) {
  std::vector<Span> common;
  for (const Span& one : a) {
    for (const Span& other : b) common.push_back({std::max(one.start, other.start), std::min(one.end, other.end)});
  }
  return Union(common);
}

Spans Minus(const Spans& a, const Spans& b) {
  std::vector<Span> outside;
  Ms from = -kForever;
  for (const Span& span : b) {
    outside.push_back({from, span.start});
    from = span.end;
  }
  outside.push_back({from, kForever});
  return Intersect(a, Union(outside));
}

Ms Length(const Spans& spans) {
  Ms length = 0;
  for (const Span& span : spans) length += span.end - span.start;
  return length;
}

bool Contains(const Spans& spans, Ms moment) {
  return std::any_of(spans.begin(), spans.end(),
                     [&](const Span& span) { return span.start <= moment && moment < span.end; });
}

}  // namespace rapport::response_times::reference
