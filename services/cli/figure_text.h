#ifndef RAPPORT_SERVICES_CLI_FIGURE_TEXT_H_
#define RAPPORT_SERVICES_CLI_FIGURE_TEXT_H_

#include <string>

#include "rapport/common/v1/common.pb.h"

namespace rapport::cli {

// How a figure's numbers are written: 0.94 as `94.0 %`, -12.5 as `-12.5`, 4.123 as `4.12`, 3900 seconds as `1h 05m`.
enum class Unit { kShare, kScore, kMean, kTime };

// The value, such as `94.0 %`; `-` when it is absent.
std::string ValueText(const common::v1::Figure& figure, Unit unit);

// The value with its interval: `94.0 % (92.0 to 95.5)`.
std::string FigureText(const common::v1::Figure& figure, Unit unit);

// The comparison with the period before: `▲ 90.0 % -> 96.0 % (p < 0.001)` when it is significant,
// `94.0 % -> 96.0 %, not significant (p = 0.086)` when not. Empty without a comparison.
std::string ComparisonText(const common::v1::Figure& figure, Unit unit);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_FIGURE_TEXT_H_
