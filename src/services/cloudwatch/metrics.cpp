// What clients publish, and which metrics there are.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "services/cloudwatch/handlers.h"
#include "services/cloudwatch/metric_names.h"
#include "services/page.h"

namespace services::cloudwatch {

namespace {

constexpr std::size_t kMostDimensions = 30, kMostData = 1000, kMostValues = 150, kMetricsPerPage = 500;
constexpr Duration kOldest = hours(24 * 14), kFarthest = hours(2), kListed = hours(24 * 14), kActive = hours(3);
// CloudWatch's bounds of a value: 2^360 either way.
const double kMostValue = std::ldexp(1.0, 360);

Result<void> check_value(double value) {
  if (std::isfinite(value) && std::abs(value) <= kMostValue) return {};
  return fail("InvalidParameterValue", "The value for parameter MetricData.Value must be a number between -2^360 and 2^360.");
}

Result<void> take_values(const api::cloudwatch::MetricDatum& datum, model::Datapoint& point) {
  const auto& values = *datum.values;
  const auto counts = datum.counts.value_or(std::vector<double>(values.size(), 1));
  if (values.empty() || values.size() > kMostValues || counts.size() != values.size()) {
    return fail("InvalidParameterValue", fmt::format("The parameters MetricData.Values and MetricData.Counts must be of the "
                                                     "same size, from 1 to {}.",
                                                     kMostValues));
  }
  point.minimum = point.maximum = values.front();
  for (std::size_t i = 0; i < values.size(); ++i) {
    TRY_VOID(check_value(values[i]));
    TRY_VOID(check_value(counts[i]));
    if (!(counts[i] > 0)) return fail("InvalidParameterValue", "The parameter MetricData.Counts must be greater than 0.");
    point.values.emplace_back(values[i], counts[i]);
    point.sample_count += counts[i];
    point.sum += values[i] * counts[i];
    point.minimum = std::min(point.minimum, values[i]);
    point.maximum = std::max(point.maximum, values[i]);
  }
  return {};
}

Result<void> take_set(const api::cloudwatch::StatisticSet& set, model::Datapoint& point) {
  point.sample_count = set.sample_count.value_or(0);
  point.sum = set.sum.value_or(0);
  point.minimum = set.minimum.value_or(0);
  point.maximum = set.maximum.value_or(0);
  for (const double value : {point.sample_count, point.sum, point.minimum, point.maximum}) TRY_VOID(check_value(value));
  if (!(point.sample_count > 0)) {
    return fail("InvalidParameterValue",
                "The value for parameter MetricData.StatisticValues.SampleCount must be greater than 0.");
  }
  if (point.maximum < point.minimum) {
    return fail("InvalidParameterValue", "The parameter MetricData.StatisticValues.Maximum must not be below Minimum.");
  }
  return {};
}

Result<model::Datapoint> datapoint(const api::cloudwatch::MetricDatum& datum, Instant now) {
  const int given = (datum.value ? 1 : 0) + (datum.statistic_values ? 1 : 0) + (datum.values ? 1 : 0);
  if (given == 0) return fail("MissingParameter", "At least one of the parameters MetricData.Value, Values, StatisticValues must be specified.");
  if (given > 1) {
    return fail("InvalidParameterCombination",
                "The parameters MetricData.Value, Values and StatisticValues are mutually exclusive and you have specified "
                "more than one.");
  }
  model::Datapoint point;
  point.at = datum.timestamp ? instant_from_ms(datum.timestamp->ms) : now;
  point.unit = datum.unit.value_or("None");
  if (point.at < now - kOldest || point.at > now + kFarthest) {
    return fail("InvalidParameterValue", "The parameter MetricData.Timestamp must specify a time within the past two weeks, or at "
                                         "most two hours in the future.");
  }
  const int resolution = datum.storage_resolution.value_or(60);
  if (resolution != 1 && resolution != 60) {
    return fail("InvalidParameterValue", "The value for parameter MetricData.StorageResolution must be 1 or 60.");
  }
  if (datum.values) {
    TRY_VOID(take_values(datum, point));
  } else if (datum.statistic_values) {
    TRY_VOID(take_set(*datum.statistic_values, point));
  } else {
    TRY_VOID(check_value(*datum.value));
    point.sample_count = 1;
    point.sum = point.minimum = point.maximum = *datum.value;
    point.values.emplace_back(*datum.value, 1);
  }
  return point;
}

bool matches(const op::ListMetrics::Input& in, const model::MetricName& metric) {
  if (in.namespace_ && metric.space != *in.namespace_) return false;
  if (in.metric_name && metric.name != *in.metric_name) return false;
  if (!in.dimensions) return true;
  return std::ranges::all_of(*in.dimensions, [&](const api::cloudwatch::DimensionFilter& filter) {
    const auto found = metric.dimensions.find(filter.name.value_or(""));
    return found != metric.dimensions.end() && (!filter.value || found->second == *filter.value);
  });
}

std::string order_of(const model::MetricName& metric) {
  std::string order = metric.space + "|" + metric.name;
  for (const auto& [name, value] : metric.dimensions) order += "|" + name + "=" + value;
  return order;
}

}  // namespace

Result<model::MetricName> metric_name(const std::string& space, const std::string& name, const Dimensions& dimensions) {
  model::MetricName metric{.space = space, .name = name, .dimensions = {}};
  if (space.starts_with(':')) {
    return fail("ValidationError", fmt::format("1 validation error detected: Value '{}' at 'namespace' failed to satisfy "
                                               "constraint: Member must satisfy regular expression pattern: [^:].*",
                                               space));
  }
  if (!dimensions) return metric;
  if (dimensions->size() > kMostDimensions) {
    return fail("InvalidParameterValue", fmt::format("The parameter Dimensions has more than {} members.", kMostDimensions));
  }
  for (const auto& dimension : *dimensions) {
    if (!metric.dimensions.emplace(*dimension.name, *dimension.value).second) {
      return fail("InvalidParameterValue", "The parameter Dimensions names " + *dimension.name + " more than once.");
    }
  }
  return metric;
}

api::cloudwatch::Metric show_metric(const model::MetricName& metric) {
  api::cloudwatch::Metric shown;
  shown.namespace_ = metric.space;
  shown.metric_name = metric.name;
  auto& dimensions = shown.dimensions.emplace();
  for (const auto& [name, value] : metric.dimensions) dimensions.push_back({.name = name, .value = value});
  return shown;
}

/// All of a request or nothing.
Result<op::PutMetricData::Output> put_metric_data(Context& context, const op::PutMetricData::Input& in) {
  if (in.entity_metric_data && !in.entity_metric_data->empty()) {
    return fail("InvalidParameterValue", "Entities are not served by this engine: use MetricData instead of EntityMetricData.");
  }
  if (!in.metric_data || in.metric_data->empty()) {
    return fail("MissingParameter", "The parameter MetricData is required.");
  }
  if (in.metric_data->size() > kMostData) {
    return fail("InvalidParameterValue", fmt::format("The collection MetricData must not have a size greater than {}.", kMostData));
  }
  if (in.namespace_->starts_with("AWS/")) {
    return fail("InvalidParameterValue", "The value AWS/ for parameter Namespace is invalid: names that begin with AWS/ are reserved.");
  }
  std::vector<std::pair<model::MetricName, model::Datapoint>> points;
  points.reserve(in.metric_data->size());
  for (const auto& datum : *in.metric_data) {
    TRY(auto name, metric_name(*in.namespace_, *datum.metric_name, datum.dimensions));
    TRY(auto point, datapoint(datum, context.now));
    points.emplace_back(std::move(name), std::move(point));
  }
  for (auto& [name, point] : points) context.metrics.put(name, std::move(point));
  return op::PutMetricData::Output{};
}

Result<op::ListMetrics::Output> list_metrics(Context& context, const op::ListMetrics::Input& in) {
  if (in.recently_active && *in.recently_active != "PT3H") {
    return fail("InvalidParameterValue", "The value for parameter RecentlyActive must be PT3H.");
  }
  op::ListMetrics::Output out;
  auto& shown = out.metrics.emplace();
  TRY(Page page, Page::open(in.next_token, kMetricsPerPage, "InvalidParameterValue"));
  std::vector<std::pair<std::string, model::MetricName>> found;
  for (model::MetricName& metric : context.metrics.list(context.now - (in.recently_active ? kActive : kListed))) {
    if (matches(in, metric)) found.emplace_back(order_of(metric), std::move(metric));
  }
  std::ranges::sort(found);
  for (const auto& [order, metric] : found) {
    if (page.take(order)) shown.push_back(show_metric(metric));
    if (page.full()) break;
  }
  out.next_token = page.next_token();
  return out;
}

}  // namespace services::cloudwatch
