#ifndef RAPPORT_TESTS_RESPONSE_TIMES_SPANS_H_
#define RAPPORT_TESTS_RESPONSE_TIMES_SPANS_H_

#include <cstdint>
#include <limits>
#include <vector>

// Sets of moments as lists of intervals, for the reference.
namespace rapport::response_times::reference {

// Milliseconds since 1970-01-01 UTC, or between two moments.
using Ms = int64_t;
inline constexpr Ms kForever = std::numeric_limits<Ms>::max() / 4;

// Half-open.
struct Span {
  Ms start;
  Ms end;

  friend bool operator==(const Span&, const Span&) = default;
};

// Not empty, apart from each other, ascending.
using Spans = std::vector<Span>;

// The moments that are in any of these, which may overlap and be empty.
Spans Union(std::vector<Span> spans);
Spans Intersect(const Spans& a, const Spans& b);
Spans Minus(const Spans& a, const Spans& b);
Ms Length(const Spans& spans);
bool Contains(const Spans& spans, Ms moment);

}  // namespace rapport::response_times::reference

#endif  // RAPPORT_TESTS_RESPONSE_TIMES_SPANS_H_
