"""The checker itself: made-up trees with one fault each must be found, and a clean one must pass. `python3 -m unittest` runs it."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check  # noqa: E402
import headers  # noqa: E402

ARCHITECTURE = """
<!-- rooms -->
| room | holds | may include | tests also | notes |
| --- | --- | --- | --- | --- |
| `src/base` | x | – | – | |
| `src/model` | x | base | – | |
| `src/net` | x | base | – | |
| `src/services` | x | model, base | net | apart |
| `src/drivers` | x | base | – | apart |
| `src/engine` | x | drivers/driver.h, base | drivers/fake | |
| `src/cmd` | x | * | – | |
| `app` | x | – | – | |
<!-- /rooms -->
<!-- clocks -->
- `src/net`, `src/base/time.cpp`: may
<!-- /clocks -->
"""
CLEAN = {
    "src/base/result.h": "#pragma once\n",
    "src/model/task.h": '#pragma once\n#include "base/result.h"\n',
    "src/drivers/driver.h": "#pragma once\n",
    "src/drivers/fake/fake.h": '#pragma once\n#include "drivers/driver.h"\n',
    "src/services/ecs/tasks.cpp": '#include "model/task.h"\n#include "services/context.h"\n',
    "src/services/context.h": "#pragma once\n",
    "src/engine/tick.cpp": '#include "drivers/driver.h"\n',
    "src/engine/tick_test.cpp": '#include "drivers/fake/fake.h"\n',
    "src/net/loop.cpp": "#include <boost/beast/core.hpp>\nauto t = std::chrono::steady_clock::now();\n",
    "src/base/time.cpp": "auto t = std::chrono::system_clock::now();\n",
    "src/model/words.cpp": '// time(nullptr) and rand() in a comment\nauto s = "sleep_for(1)"; int run_time(int); int x = run_time(0); task.time(0); Random random(1);\n',
}


class Checks(unittest.TestCase):
    def findings(self, which, extra=(), architecture=ARCHITECTURE):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {"ARCHITECTURE.md": architecture, **CLEAN, **dict(extra)}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return getattr(check, "check_" + which)(root)

    def one(self, which, part, extra, **more):
        found = self.findings(which, extra, **more)
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0])

    def test_a_clean_tree_passes(self):
        for which in ("includes", "clocks", "files"):
            self.assertEqual(self.findings(which), [])

    def test_an_edge_that_is_not_in_the_table_is_found(self):
        self.one("includes", 'src/model/bad.cpp:2: src/model may not include "net/http.h"', {"src/model/bad.cpp": '\n#include "net/http.h"\n'})

    def test_an_allowed_file_does_not_allow_its_room(self):
        self.one("includes", "drivers/fake/fake.h", {"src/engine/bad.cpp": '#include "drivers/fake/fake.h"\n'})

    def test_tests_may_include_what_their_column_names_and_no_more(self):
        self.one("includes", "net/loop.h", {"src/engine/bad_test.cpp": '#include "net/loop.h"\n'})

    def test_siblings_stay_apart(self):
        self.one("includes", "a sibling", {"src/services/elbv2/rules.cpp": '#include "services/ecs/tasks.h"\n', "src/services/ecs/tasks.h": ""})

    def test_the_conformance_suite_may_see_all_implementations(self):
        self.assertEqual(self.findings("includes", {"src/drivers/testing/rigs.h": '#include "drivers/fake/fake.h"\n',
                                                    "src/drivers/conformance_test.cpp": '#include "drivers/fake/fake.h"\n'}), [])

    def test_an_include_in_a_comment_is_no_include(self):
        self.assertEqual(self.findings("includes", {"src/base/note.h": '// #include "net/http.h"\n'}), [])

    def test_the_app_stands_alone(self):
        self.one("includes", "app may not include", {"app/main.cpp": '#include "base/result.h"\n'})

    def test_a_source_file_outside_every_room_is_found(self):
        self.one("includes", "lies in no room", {"src/helpers/x.cpp": ""})

    def test_a_circle_in_the_table_is_found(self):
        drawn = ARCHITECTURE.replace("| `src/base` | x | – |", "| `src/base` | x | model |")
        self.one("includes", "draws a circle: base -> model -> base", {}, architecture=drawn)

    def test_a_circle_of_includes_through_single_files_is_found(self):
        drawn = ARCHITECTURE.replace("| `src/drivers` | x | base |", "| `src/drivers` | x | base, engine/tick.h |")
        self.one("includes", "circle of rooms", {"src/drivers/back.cpp": '#include "engine/tick.h"\n'}, architecture=drawn)

    def test_beast_outside_net_and_in_a_third_file_of_net_is_found(self):
        self.one("includes", "includes Beast", {"src/services/beast.cpp": "#include <boost/beast/http.hpp>\n"})
        more = {f"src/net/{n}.cpp": "#include <boost/beast/http.hpp>\n" for n in "ab"}
        self.one("includes", "more than two files", more)

    def test_clocks_sleeps_and_chance_are_found(self):
        for call in ("std::chrono::steady_clock::now()", "::time(nullptr)", "std::this_thread::sleep_for(x)", "usleep(5)", "std::random_device d",
                     "std::mt19937 g", "rand()", "random()", "srand(1)", "sleep(1)", "clock_gettime(CLOCK_REALTIME, &t)", "SteadyWallClock clock", "Random::system_seed()", "getrandom(p, 8, 0)"):
            with self.subTest(call):
                found = self.findings("clocks", {"src/model/bad.cpp": f"void f() {{ {call}; }}\n"})
                self.assertGreaterEqual(len(found), 1, call)
                self.assertIn("src/model/bad.cpp:1", found[0])

    def test_tests_of_pure_rooms_may_not_read_clocks_either(self):
        text = "auto t = std::chrono::steady_clock::now();\n"
        self.one("clocks", "src/engine/x_test.cpp", {"src/engine/x_test.cpp": text})
        self.assertEqual(self.findings("clocks", {"src/drivers/x_test.cpp": text}), [])

    def test_a_file_above_800_lines_is_found(self):
        self.one("files", "801 lines", {"src/base/long.cpp": "int x;\n" * 801})

    def test_a_path_of_a_machine_is_found(self):
        self.one("files", "README.md:2", {"README.md": "fine\nsee /" + "work/main for it\n"})

    def test_a_header_that_needs_another_does_not_compile_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "bad.h").write_text("#pragma once\ninline std::string f();\n")
            (root / "twice.h").write_text("struct Twice {};\n")
            (root / "good.h").write_text("#pragma once\n#include <string>\ninline std::string f() { return {}; }\n")
            flags = ["g++", "-std=c++20", f"-I{root}"]
            self.assertFalse(headers.compile_alone("bad.h", flags, root)[0])
            self.assertFalse(headers.compile_alone("twice.h", flags, root)[0])
            self.assertTrue(headers.compile_alone("good.h", flags, root)[0])


if __name__ == "__main__":
    unittest.main()
