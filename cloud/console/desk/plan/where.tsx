import { useEffect, useState } from "preact/hooks";
import { t } from "../text";
import { called, plan as load, type Plan, sort } from "./data";
import { Drawing } from "./drawing";
import { layout } from "./layout";
import { Mark } from "./marks";

// Where shows a place, by its path, on the plan of the compound or street around it.
// It shows nothing where no place is listed.
export function Where({ place }: { place: string }) {
  const around = place.split("/").slice(0, 2).join("/");
  const [plan, setPlan] = useState<Plan>();
  useEffect(() => {
    let over = false;
    load(around).then((p) => !over && setPlan(p), () => {}); // a place that is in no list has no plan
    return () => void (over = true);
  }, [around]);
  if (!plan) return null;
  const l = layout(plan);
  const at = plan.items.find((i) => i.path === place) ?? plan.items.find((i) => i.path.startsWith(`${place}/`));
  return (
    <section class="where" aria-label={t("plan.here", { name: at ? called(at) : called(plan) })}>
      <Drawing plan={plan} layout={l} label={t("plan.of", { name: called(plan) })}>
        {(scale) =>
          plan.items.map((i) => l.at.has(i.code) && sort(i) !== "area" && <Mark key={i.code} item={i} at={l.at.get(i.code)!} scale={scale} name={i === at} faint={i !== at && !i.level} held={i === at} />)
        }
      </Drawing>
      <a href={`/plan?place=${encodeURIComponent(around)}`}>{t("plan.of", { name: called(plan) })}</a>
    </section>
  );
}
