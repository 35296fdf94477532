#include <fmt/format.h>

#include "load/rendering.h"

namespace load {

namespace {

const char* kWhy =
    "Latency counts from the moment a request was due, not from when it could be sent: a stall of the server is charged to "
    "every request it delayed.\n";
const char* kWhyClosed =
    "Closed loop: a connection sends when its last answer has come, so a stall delays requests instead of showing in their "
    "latency. Use --rate N to measure latency.\n";

/// 45,000
std::string grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (int at = static_cast<int>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::string percentiles(const char* name, const Latencies& of) {
  if (of.count == 0) return fmt::format("  {:<22}{:>10}\n", name, "-");
  return fmt::format("  {:<22}{:>10}{:>10}{:>10}{:>10}{:>10}\n", name, latency_text(of.p50), latency_text(of.p90),
                     latency_text(of.p99), latency_text(of.p99_9), latency_text(of.max));
}

std::string stages_table(const Outcome& outcome) {
  std::string text = fmt::format("\n  {:<22}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "stage", "sent", "failed", "p50", "p99", "max");
  for (const StageOutcome& of : outcome.stages) {
    const bool any = of.latency.count > 0;
    const auto shown = [&](std::int64_t value) { return any ? latency_text(value) : std::string("-"); };
    text += fmt::format("  {:<22}{:>10}{:>10}{:>10}{:>10}{:>10}\n", stages_text({of.stage}), grouped(of.counts.sent),
                        grouped(of.counts.failed), shown(of.latency.p50), shown(of.latency.p99), shown(of.latency.max));
  }
  return text;
}

std::string errors_table(const Outcome& outcome) {
  std::string text = "\nfailed\n";
  for (std::size_t i = 0; i < kErrorKinds; ++i) {
    if (outcome.errors[i] == 0) continue;
    const auto kind = static_cast<ErrorKind>(i);
    text += fmt::format("  {:>10}  {} (first: {})\n", grouped(outcome.errors[i]), error_text(kind),
                        outcome.error_examples.at(error_name(kind)));
  }
  return text;
}

}  // namespace

std::string latency_text(std::int64_t nanoseconds) {
  const double value = static_cast<double>(nanoseconds);
  if (value < 999.5e3) return fmt::format("{:.0f} us", value / 1e3);
  if (value < 9.995e6) return fmt::format("{:.2f} ms", value / 1e6);
  if (value < 99.95e6) return fmt::format("{:.1f} ms", value / 1e6);
  if (value < 999.5e6) return fmt::format("{:.0f} ms", value / 1e6);
  return fmt::format("{:.2f} s", value / 1e9);
}

std::string outcome_text(const Outcome& outcome, const std::vector<Judged>& judged) {
  const Plan& plan = outcome.plan;
  std::string text = fmt::format(
      "{} http://{}{}: {}\n", plan.method, plan.target.authority, plan.target.path,
      plan.closed_loop ? fmt::format("as fast as {} connections go, for {}", plan.connections, duration_text(plan.stages[0].length))
                       : stages_text(plan.stages) + (plan.arrival == Arrival::uniform ? ", even" : ", at random (poisson)"));
  text += plan.closed_loop ? kWhyClosed : kWhy;
  text += fmt::format("\nrequests  {} sent, {} ok, {} failed", grouped(outcome.counts.sent), grouped(outcome.counts.ok),
                      grouped(outcome.counts.failed));
  if (outcome.retried > 0) text += fmt::format(", {} of them sent again (retried)", grouped(outcome.retried));
  if (outcome.cancelled > 0) text += fmt::format(", {} cancelled", grouped(outcome.cancelled));
  text += plan.closed_loop ? fmt::format("\nrate      {:.1f}/s", outcome.achieved_rate)
                           : fmt::format("\nrate      {:.1f}/s of {:.1f}/s asked for ({:.1f} %)", outcome.achieved_rate,
                                         outcome.target_rate, outcome.achieved_ratio() * 100);
  text += fmt::format("; {} connections opened, {} at most\n", outcome.connections_opened, outcome.connections_most);
  text += fmt::format("\n  {:<22}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "", "p50", "p90", "p99", "p99.9", "max");
  if (!plan.closed_loop) text += percentiles("latency, when due", outcome.latency);
  text += percentiles("latency, when sent", outcome.service);
  if (!plan.closed_loop) text += percentiles("generator late by", outcome.lag);
  if (!plan.closed_loop && outcome.lag_shows() && outcome.verdict == Verdict::valid) {
    text += "  (This machine was busy: up to half of the highest percentiles is the generator waiting for its turn on the CPU.)\n";
  }
  if (outcome.stages.size() > 1) text += stages_table(outcome);
  if (outcome.counts.failed > 0) text += errors_table(outcome);
  if (!judged.empty()) text += "\n";
  for (const Judged& one : judged) text += judged_text(one) + "\n";
  if (outcome.verdict == Verdict::saturated) text += "\nGENERATOR SATURATED: result not valid: " + outcome.verdict_reason + "\n";
  if (outcome.verdict == Verdict::interrupted) text += "\nPARTIAL: " + outcome.verdict_reason + "\n";
  return text;
}

}  // namespace load
