"""All levels over one bundle, in order (evidence-spec.md §12)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from verifier.bundle import Bundle, read_bundle
from verifier.certificates import Certificate
from verifier.chain import Judged, check_bytes
from verifier.files import Files
from verifier.findings import Finding
from verifier.log import check_log, covered, size_outside
from verifier.logs import Outside
from verifier.notes import Trust
from verifier.openings import check_balances, check_openings
from verifier.powers import check_powers
from verifier.process import check_process
from verifier.report import Limit, Report
from verifier.restorations import read_restorations
from verifier.tables import check_tables
from verifier.tokens import Tokens, check_tokens

HIGHEST = 5


def verify(
    files: Files,
    trust: Trust | None,
    outside: tuple[Outside, ...],
    level: int = HIGHEST,
    anchors: tuple[Certificate, ...] = (),
    jobs: int = 1,
) -> Report:
    """The report on a bundle's files; `anchors` are trusted authorities of time stamps, `jobs` how
    many processes may be used.

    Never raises, whatever the files hold.
    """
    bundle = read_bundle(files)
    judged = check_bytes(bundle, jobs=jobs)
    found: list[Finding] = list(judged.findings)
    if level >= 2:
        found += check_log(bundle, judged, trust, outside)
    tokens = check_tokens(bundle, anchors) if level >= 2 else Tokens()
    found += tokens.findings
    if level >= 3:
        found += check_powers(bundle, judged)
        found += check_openings(bundle, judged)
    if level >= 4:
        found += check_process(bundle, judged)
        found += check_balances(judged)
    is_tabled = level >= 5 and bundle.tables is not None
    if is_tabled:
        found += check_tables(bundle, judged)
    return Report(
        origin=bundle.origin,
        suite=bundle.suite.name,
        scope=bundle.scope,
        level=level,
        size=bundle.size,
        records=len(bundle.records),
        covered=covered(bundle),
        findings=tuple(found),
        redacted=judged.redacted,
        stamped=tokens.proven,
        limits=tuple(_limits(bundle, judged, trust, outside, level, tokens.unproven)),
        is_anchored=level >= 2 and trust is not None and bool(outside),
    )


def _limits(
    bundle: Bundle,
    judged: Judged,
    trust: Trust | None,
    outside: tuple[Outside, ...],
    level: int,
    unproven: int,
) -> Iterator[Limit]:
    if trust is None:
        yield Limit(
            zh="没有给出所信任的钥匙(--trust):谁都可以做出这样一个证据包",
            en="no trusted key was given (--trust): anybody could have made such a bundle",
        )
    if not outside:
        yield Limit(
            zh="没有给出留存在外的检查点(--checkpoint):掌握系统钥匙的人可以整体改写",
            en="no checkpoint from outside was given (--checkpoint): whoever holds the service"
            " key could have rewritten it all",
        )
    if outside:
        size = size_outside(bundle, judged, trust, outside)
        whose = ("留存在外的检查点", "the checkpoint kept outside")
    else:
        size, whose = bundle.size, ("证据包自带的检查点", "the bundle's own checkpoint")
    late = sum(1 for one in bundle.records if one.index >= size)
    newest = max((one.body.time for one in judged.sound), default="")
    sealed = max((one.body.time for one in judged.sound if one.index < size), default="")
    yield Limit(
        zh=f"暴露窗口:{whose[0]}({sealed or '无'})之后有 {late} 条记录,最后一条在 {newest or '无'};"
        "其后被删的无从得知",
        en=f"exposure window: {late} records after {whose[1]} ({sealed or 'none'}), the last at"
        f" {newest or 'none'}; what was removed after it cannot be known",
    )
    for one in read_restorations(judged, []) if level >= 2 else ():
        body = one.record.body
        yield Limit(
            zh=f"从备份恢复过:留下 {one.kept} 条,其后的已丢失(sys #{body.seq},{body.actor.name},"
            f"{body.time}:{one.reason})",
            en=f"it was restored from a copy: {one.kept} records were kept, what came after is"
            f" lost (sys #{body.seq}, {body.actor.name}, {body.time}: {one.reason})",
        )
    if bundle.scope.kind == "period":
        yield Limit(
            zh="所选期间的记录是否收全;没有收进来的案件",
            en="whether every record of the period is in the bundle; cases that were left out",
        )
    ways = Counter(one.body.way for one in judged.sound)
    if ways["paper"]:
        yield Limit(
            zh=f"{ways['paper']} 条由补录人按纸面签名,原办理人没有自己的签名",
            en=f"{ways['paper']} records were signed by a clerk from paper, not by who acted",
        )
    if ways["system"]:
        yield Limit(
            zh=f"{ways['system']} 条由系统钥匙签名,只说明系统如此记载",
            en=f"{ways['system']} records were signed by the service key: the system's word only",
        )
    if unproven:
        yield Limit(
            zh=f"没有给出时间戳机构的证书(--tsa):{unproven} 个时间戳只核对了所盖的摘要",
            en=f"no authority's certificate was given (--tsa): of {unproven} time-stamp tokens"
            " only the digest was compared",
        )
    if level < HIGHEST:
        yield Limit(
            zh=f"没有检查第 {level + 1} 至 {HIGHEST} 级",
            en=f"levels {level + 1} to {HIGHEST} were not judged",
        )
    elif bundle.tables is None:
        yield Limit(zh="证据包没有派生表,没有检查第 5 级", en="no tables: level 5 was not judged")
    yield Limit(
        zh="录入的内容是否属实;办了而没有录入的事;钥匙被盗到吊销之间的签名",
        en="whether what was entered is true; what was never entered; what a stolen key signed"
        " before it was revoked",
    )
