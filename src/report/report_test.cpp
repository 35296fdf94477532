#include <doctest/doctest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "report/figure.h"
#include "report/from_load.h"
#include "report/page.h"
#include "report/png.h"
#include "report/run_json.h"
#include "report/sample_run_test.h"

using namespace report;

namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++found;
  return found;
}

/// The data of the path whose <title> is this.
std::string path_of(const std::string& svg, const std::string& title) {
  const std::size_t end = svg.find("\"><title>" + title + "</title></path>");
  if (end == std::string::npos) return "";
  const std::size_t start = svg.rfind(" d=\"", end) + 4;
  return svg.substr(start, end - start);
}

/// Every element is closed, in order. (Enough XML for what this room writes.)
bool well_formed(const std::string& text) {
  std::vector<std::string> open;
  for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at + 1)) {
    const std::size_t end = text.find('>', at);
    if (end == std::string::npos) return false;
    const std::string tag = text.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(tag[0] == '/' ? 1 : 0, tag.find_first_of(" \n", 0));
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    } else if (tag.back() != '/' && tag[0] != '!' && !tag.starts_with("meta")) {
      open.push_back(name);
    }
  }
  return open.empty();
}

}  // namespace

TEST_CASE("the figure of a tiny run is the golden one, to the byte") {
  // Rewritten with REWRITE=1: look at it before you commit it.
  const std::filesystem::path golden = std::filesystem::path(REPORT_TESTDATA) / "tiny.svg";
  const std::string drawn = figure_alone(tiny_run());
  if (std::getenv("REWRITE") != nullptr) std::ofstream(golden, std::ios::binary) << drawn;
  CHECK(drawn == read(golden));
}

TEST_CASE("a datapoint that is missing leaves a gap and is never drawn as 0") {
  const std::string svg = figure_for_page(tiny_run());
  CHECK(count(path_of(svg, "CPU of the service"), "M") == 2);  // nothing at 12 s
  CHECK(count(path_of(svg, "requests"), "M") == 2);            // null at 9 s
  CHECK(count(path_of(svg, "memory of the service"), "M") == 1);
  Run run = tiny_run();
  run.cpu.points[1].value.reset();
  CHECK(count(path_of(figure_for_page(run), "CPU of the service"), "L") < count(path_of(svg, "CPU of the service"), "L"));
}

TEST_CASE("series without a point are said to be absent, and charts that have no meaning are left out") {
  Run run;
  run.title = "Nothing";
  run.start = instant_from_ms(0);
  run.end = instant_from_ms(1000);
  const std::string svg = figure_for_page(run);
  CHECK(svg.find("no datapoint of CPU or memory") != std::string::npos);
  CHECK(svg.find("no datapoint of the request count") != std::string::npos);
  CHECK(svg.find("Latency") == std::string::npos);
  CHECK(svg.find("Tasks and nodes") == std::string::npos);
  CHECK(count(svg, "<path") == 0);
  CHECK(well_formed(page(run)));
}

TEST_CASE("names are escaped wherever they stand") {
  Run run = tiny_run();
  const std::string evil = "<script>alert(1)</script>&\"'";
  run.title = run.subtitle = evil;
  run.facts = {evil};
  for (Mark& mark : run.marks) mark.subject = mark.cause = evil;
  run.marks[1].text = evil;
  run.marks[2].text = evil;
  for (const std::string& text : {page(run), figure_alone(run)}) {
    CHECK(text.find("<script") == std::string::npos);
    CHECK(text.find("&lt;script&gt;") != std::string::npos);
    CHECK(text.find("</script>") == std::string::npos);
    CHECK(well_formed(text));
  }
}

TEST_CASE("the page is one file without script, light and dark, with the numbers behind its charts") {
  const std::string html = page(tiny_run());
  CHECK(well_formed(html));
  CHECK(html.find("<script") == std::string::npos);
  CHECK(html.find("src=") == std::string::npos);
  CHECK(html.find("href=") == std::string::npos);
  CHECK(html.find("url(") == std::string::npos);
  CHECK(html.find("@media (prefers-color-scheme:dark)") != std::string::npos);
  CHECK(count(html, "<details>") == 4);
  CHECK(html.find("<title id=\"figure-title\">Tiny</title>") != std::string::npos);
  CHECK(html.find("<desc id=\"figure-desc\">0:30 of one run on one time axis. Highest CPU") != std::string::npos);
  CHECK(html.find("cpu-high is in ALARM") != std::string::npos);  // the cause
}

TEST_CASE("a run survives its file, and a file that is wrong says where") {
  const Run run = tiny_run();
  const auto again = parse_run(run_json(run));
  REQUIRE(again);
  CHECK(*again == run);
  const std::string good = run_json(run);
  const auto broken = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    const auto parsed = parse_run(text);
    return parsed ? std::string("accepted") : parsed.error().message;
  };
  CHECK(broken("{\"version\"", "\"version\"").find("is no JSON") == 0);
  CHECK(broken("\"version\":1", "\"version\":2") == "it was written by a newer version");
  CHECK(broken("\"seconds\":3E1", "\"seconds\":0E0").find("'seconds'") != std::string::npos);
  CHECK(broken("[3E0,4E1]", "[3E0]").find("series 'cpu_percent'") == 0);
  CHECK(broken("[3E0,4E1]", "[8E0,4E1]").find("order of time") != std::string::npos);
  CHECK(broken("\"kind\":\"task\"", "\"kind\":\"tusk\"") == "a mark has an unknown kind 'tusk'");
  CHECK(broken("\"title\"", "\"other\"") == "accepted");
  CHECK(parse_run("[]").error().message == "it is not an object");
  CHECK_FALSE(parse_run("{}"));
  CHECK_FALSE(parse_run(""));
}

TEST_CASE("a load run becomes a report: seconds without an answer have no latency") {
  load::Outcome outcome;
  outcome.plan.target = load::parse_target("http://h/").value();
  outcome.plan.stages = {{10, 10, seconds(2)}};
  outcome.started_at = instant_from_ms(5000);
  outcome.elapsed = seconds(2);
  outcome.counts = {20, 20, 10, 10};
  outcome.seconds = {{0, 10, {10, 10, 10, 0}, {10, 1e6, 1'000'000, 2'000'000, 3'000'000, 3'000'000, 3'000'000}}, {1, 10, {10, 10, 0, 10}, {}}};
  const Run run = run_of(outcome);
  CHECK(run.end - run.start == seconds(2));
  REQUIRE(run.latency_p99.points.size() == 2);
  CHECK(run.latency_p99.points[0].value == 3);
  CHECK_FALSE(run.latency_p99.points[1].value);
  CHECK(run.failed.points[1].value == 10);
  CHECK(run.facts.at(0) == "20 requests, 10 failed");
  outcome.seconds[1].length = milliseconds(500);
  CHECK(run_of(outcome).rate.points[1].value == 20);  // what a part of a second counts is no rate
  CHECK(run_of(outcome).failed.points[1].value == 20);
  outcome.seconds[1].length = milliseconds(1);
  outcome.seconds[1].counts = {1, 1, 1, 0};
  CHECK_FALSE(run_of(outcome).rate.points[1].value);
  const std::string svg = figure_for_page(run);
  CHECK(svg.find("CPU") == std::string::npos);  // nothing but load was measured
  CHECK(svg.find("Latency from the due time") != std::string::npos);
}

TEST_CASE("the PNG is the figure, one and a half times its size") {
  std::string pattern = (std::filesystem::temp_directory_path() / "report-test-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  const std::string path = pattern + "/tiny.png";
  const auto written = write_png(tiny_run(), path);
  if (!written && written.error().code == "RendererMissing" && std::getenv("CI") == nullptr) {
    MESSAGE("skipped: " << written.error().message);
  } else {
    REQUIRE(written);
    const std::string png = read(path);
    REQUIRE(png.size() > 1000);
    CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1a\n");
    const auto number = [&](std::size_t at) {
      return static_cast<unsigned char>(png[at + 2]) * 256 + static_cast<unsigned char>(png[at + 3]);
    };
    CHECK(number(16) == 1800);
    const std::string svg = figure_alone(tiny_run());
    const double height = std::atof(svg.c_str() + svg.find(" height=\"") + 9);
    CHECK(std::abs(number(20) - height * 1.5) < 2);
    const auto refused = write_png(tiny_run(), pattern + "/no/such/directory.png");
    CHECK_FALSE(refused);
  }
  std::filesystem::remove_all(pattern);
}

TEST_CASE("without the renderer the picture that is there stays as it is") {
  std::string pattern = (std::filesystem::temp_directory_path() / "report-test-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  const std::string path = pattern + "/tiny.png", programs = std::getenv("PATH");
  std::ofstream(path) << "the old picture";
  setenv("PATH", pattern.c_str(), 1);
  CHECK(check_renderer().error().code == "RendererMissing");
  CHECK(write_png(tiny_run(), path).error().code == "RendererMissing");
  setenv("PATH", programs.c_str(), 1);
  CHECK(read(path) == "the old picture");
  std::filesystem::remove_all(pattern);
}
