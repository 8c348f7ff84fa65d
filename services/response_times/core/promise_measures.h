#ifndef RAPPORT_SERVICES_RESPONSE_TIMES_CORE_PROMISE_MEASURES_H_
#define RAPPORT_SERVICES_RESPONSE_TIMES_CORE_PROMISE_MEASURES_H_

#include "common/rollup/cells.h"
#include "rapport/response_times/v1/promises.pb.h"

// The measures of the roll-ups that count promises. Each promise that was kept or cancelled counts once, at the moment
// at which it was due; open ones are in tables of their own.
namespace rapport::response_times {

inline constexpr rollup::Measure kFirstPromiseMeasure = 0x100000;
inline constexpr rollup::Family kPromiseFamily = rollup::FamilyOf(kFirstPromiseMeasure);

// `state` is KEPT, KEPT_LATE or CANCELLED; `origin` is specified.
constexpr rollup::Measure PromiseMeasure(v1::PromiseOrigin origin, v1::PromiseState state) {
  return kFirstPromiseMeasure + static_cast<rollup::Measure>(origin) * 8 + static_cast<rollup::Measure>(state);
}

}  // namespace rapport::response_times

#endif  // RAPPORT_SERVICES_RESPONSE_TIMES_CORE_PROMISE_MEASURES_H_
