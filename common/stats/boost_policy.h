#ifndef RAPPORT_COMMON_STATS_BOOST_POLICY_H_
#define RAPPORT_COMMON_STATS_BOOST_POLICY_H_

#include <boost/math/policies/policy.hpp>

// For .cc files only, as Boost.Math takes long to compile.
namespace rapport::stats {

// Boost.Math that answers with NaN or infinity where it would throw, and that computes in double: a figure needs no
// more digits, and long double takes several times as long.
using NoThrow =
    boost::math::policies::policy<boost::math::policies::domain_error<boost::math::policies::ignore_error>,
                                  boost::math::policies::pole_error<boost::math::policies::ignore_error>,
                                  boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
                                  boost::math::policies::evaluation_error<boost::math::policies::ignore_error>,
                                  boost::math::policies::promote_double<false>>;

}  // namespace rapport::stats

#endif  // RAPPORT_COMMON_STATS_BOOST_POLICY_H_
