"""Chinese characters that are written in more than one way, and the one under which all of them are compared.

Character by character, so that what stands beside one changes nothing: a part of a name is folded as the name is.
"""

from opencc import OpenCC

_simplified = OpenCC("t2s")

# Each way of writing that OpenCC leaves as it is, in front of the one that is usual in China: old and Japanese forms
# that stand in names (髙 高). From kSemanticVariant, kZVariant and kSimplifiedVariant of the Unihan database
# 14.0 (Unicode License), those that an East Asian encoding before Unicode has and that lead to one character of
# GB 2312, and a few of the list of 1955 of variant forms. Characters that China's table of 2013 took up again for names
# (喆, 堃, 甯) stay what they are, but for 锺.
_VARIANTS = """
    㐷骂 䌷绸 䓨罂 䜩宴 䲡鳅 両两 乗乘 乹干 亀龟 亁干 亊事 亜亚 亷廉 仏佛 仐伞 仮假 仼任 伃妤 伝传 伭玄 伷胄 佋绍
    侁诜 侂托 侅赅 侚殉 価价 侭尽 俈喾 俫徕 倂并 倣仿 値值 倹俭 偁称 偊踽 偐赝 偪逼 偸偷 偺咱 傁叟 傜徭 僊仙 儍傻
    儓台 兎兔 児儿 兪俞 円圆 冩写 凢凡 処处 凴凭 凾函 刄刃 刅创 刋刊 刓园 刦劫 刧劫 刬铲 刱创 刴剁 刼劫 剣剑 剤剂
    剰剩 剳札 劒剑 労劳 効效 勅敕 勗勖 勧劝 勲勋 匊掬 匋陶 匧箧 匳奁 単单 厎砥 厐庞 厓崖 厪廑 厰厂 厳严 叅参 収收
    叡睿 吚咿 呉吴 呑吞 呠喷 呡吻 呪咒 咊和 咲笑 咷啕 唊硖 唖哑 唚吣 唫吟 啍吨 啎忤 啗啖 喐郁 喒昝 喭唁 営营 喿噪
    嗁啼 嗞咨 嘷嗥 噉啖 噏吸 噐器 噛啮 嚬颦 嚵馋 囓啮 囘回 団团 囯国 囲围 図图 圀国 圏圈 圢町 圧压 坆坟 坋坌 坵丘
    垔堙 垜垛 垵埯 埇甬 埜野 埳坎 埶艺 埼崎 堈缸 堦阶 堭隍 堿碱 塁垒 塟葬 塡填 塩盐 塲场 増增 墝硗 墫樽 壊坏 壌壤
    壐玺 壱壹 売卖 壻婿 夀寿 夅降 変变 夘卯 奨奖 妬妒 妳奶 姉姊 姙妊 姫姬 娬妩 娯娱 婣姻 婬淫 媆嫩 媿愧 嬢娘 嬭奶
    孼孽 宂冗 宐宜 実实 寃冤 寍宁 寔实 寕宁 寘置 寛宽 寜宁 寳宝 対对 専专 尃敷 尅克 尒尔 尙尚 尭尧 尰肿 峩峨 崘仑
    嵜崎 嶋岛 嶌岛 嶎蔚 嶴岙 巉崭 巌岩 巣巢 巻卷 帋纸 帒袋 帯带 帰归 幇帮 幙幕 幵开 庁厅 広广 廃废 廐厩 廸迪 廹迫
    廻回 廼乃 弌一 弐贰 弢韬 弾弹 彊强 彷仿 徃往 従从 徤健 徧遍 徬仿 徳德 徴征 応应 怌怀 怱匆 怳恍 恊勰 恠怪 恵惠
    悊哲 悋吝 悐惕 悤匆 悩恼 悪恶 悮误 悳德 惇敦 愬诉 愼慎 愽博 慂恿 慙惭 慽戚 憇憩 憙喜 憰谲 懐怀 懽欢 戉钺 戦战
    戯戏 戸户 戹厄 戻戾 払拂 扵于 抌舀 抜拔 抝拗 択择 拏拿 拕拖 拝拜 拠据 拡扩 挐拿 挭鲠 挿插 捜搜 捬抚 掲揭 掻搔
    掽碰 揅研 揑捏 揜掩 揫揪 揷插 揺摇 搇揿 搤扼 搫搬 搯掏 摂摄 摠总 摡溉 撃击 撘搭 撦扯 撹搅 撽击 擃攮 擥揽 擧举
    擿掷 攅攒 攩挡 攷考 敁掂 敍叙 敺驱 斈学 斉齐 斎斋 斞庾 斾旆 旛幡 昻昂 晩晚 晳晰 暁晓 暎映 暦历 暱昵 曁暨 曺曹
    曽曾 朙明 朢望 朳杷 朶朵 杇圬 杧芒 杸殳 枏楠 枬楠 枱台 栁柳 栄荣 栛荔 栢柏 桒桑 桜樱 桟栈 桼漆 梹槟 棃梨 棅柄
    棐榧 検检 椶棕 楥楦 楽乐 榢架 槀稿 槑梅 槖橐 槗桥 様样 槩概 樚辘 権权 樻柜 橆无 檝楫 檴获 櫂棹 櫈凳 櫺棂 欝郁
    欬咳 欵款 欸唉 欼啜 歓欢 歕喷 歗啸 歠啜 歩步 歯齿 歳岁 歴历 殽淆 毎每 毘毗 気气 氜阳 氥氙 氷冰 汚污 沍冱 沢泽
    洤泉 洿污 浄净 涖莅 涙泪 淸清 渇渴 済济 渉涉 渓溪 渨隈 渰淹 渹訇 湏须 湼涅 満满 滝泷 滺悠 潅灌 潬滩 澁涩 澣浣
    濇涩 濬浚 濵滨 濶阔 瀁漾 瀬濑 灠漤 灴烘 炁气 炤照 炰炮 烕灭 烖灾 烝蒸 烱炯 焔焰 焼烧 煑煮 煕熙 煖暖 煠炸 熈熙
    燄焰 燿耀 牄跄 牋笺 牕窗 犂犁 犠牺 犲豺 猇唬 猋飑 猟猎 猨猿 獣兽 獧狷 玅妙 玆兹 珎珍 珤宝 珪圭 琹琴 瑇玳 瑠琉
    瑯琅 璢琉 瓈璃 瓟匏 甎砖 甖罂 甞尝 甽畎 甿氓 畄留 畆亩 畊耕 畧略 畳叠 畺疆 畽疃 疍蛋 疎疏 痩瘦 痺痹 瘉愈 瘨癫
    発发 皃貌 皦皎 皷鼓 盌碗 県县 眎视 瞹暧 矙瞰 砕碎 砲炮 硏研 硷碱 碁棋 碪砧 碯瑙 磇砒 磒陨 磥磊 磪崔 磵涧 礆碱
    礶罐 祐佑 禂祷 秄耔 秌秋 秏耗 秔粳 稭秸 稲稻 稺稚 稾稿 穂穗 穅糠 穉稚 穏稳 穞稆 穣穰 穽阱 窌窖 窓窗 窰窑 窻窗
    竒奇 竜龙 竝并 竢俟 笓篦 筭算 筯箸 筿筱 箎篪 箒帚 箖篮 箛箍 箠捶 箾箫 篴笛 簁筛 簒篡 簛筛 簷檐 籄篑 籐藤 籑馔
    籥龠 粃秕 粋粹 粛肃 粧妆 糓谷 紥扎 経经 絖纩 絵绘 継继 続续 総总 緜绵 緥褓 縁缘 縄绳 縚绦 縦纵 繊纤 繍绣 繖伞
    繦襁 繲挫 纎纤 缐线 缾瓶 罁缸 罇樽 罋瓮 羗羌 羮羹 羴膻 翺翱 耏耐 耤藉 耼聃 聝馘 聡聪 聦聪 聴听 肐胳 肕韧 肧胚
    肬疣 胑肢 胷胸 脃脆 脇胁 脳脑 膆嗉 臈腊 臓脏 臙胭 臞癯 臯皋 艢樯 艥楫 艪橹 艶艳 艸草 芔卉 苐第 苢苡 苺莓 苿茉
    茍苟 茠薅 荅答 荍荞 荘庄 荳豆 莕荇 菓果 菫堇 萲萱 著着 葢盖 蓺艺 蔴麻 蔵藏 蕋蕊 薫薰 薬药 藦蘑 蘓苏 蘤花 蘯荡
    虓唬 虣暴 蚘蛔 蛌蛄 蛍萤 蜋螂 蜑蛋 蜨蝶 蝋蜡 蝯猿 螆蚝 螘蚁 螾蚓 蟁蚊 蟚蟛 蟺蟮 蠏蟹 蠩蜍 蠭蜂 衂衄 衞卫 袠帙
    袴裤 袵衽 裌夹 裵裴 褟溻 褵缡 襃褒 襍杂 襜裣 襢袒 襮幞 覇霸 覊羁 覔觅 覚觉 覧览 覩睹 観观 觍腼 觔斤 觕粗 觝抵
    觧解 訳译 訽诟 詧察 誐哦 誩竞 読读 諕唬 諠喧 諵喃 謌歌 譈怼 譌讹 譲让 讁谪 讐仇 讘嗫 讬托 谘咨 豊丰 豋登 豻犴
    貛獾 貭质 賍赃 賔宾 賛赞 賮赆 賸剩 贒贤 趂趁 趒跳 趮躁 趯跃 跙趄 跴踹 蹏蹄 蹝屣 蹧遭 蹵蹴 躧屣 躭眈 躱躲 躶裸
    軆体 転转 軽轻 輙辄 輭软 轝舆 辠罪 辺边 迊匝 迯逃 迳径 迻移 逓递 逷逖 遅迟 邠豳 郞郎 郤郄 郰鄹 郷乡 鄊乡 鄕乡
    酔醉 酖鸩 酧酬 醡榨 醤酱 醩糟 醸酿 醻酬 釈释 鉄铁 鉏锄 銕铁 銭钱 鋑镌 鋳铸 錬炼 鍫锹 鎒耨 鎻锁 鑚钻 鑛矿 钜巨
    铇刨 锺钟 镕熔 镟旋 镠鎏 镮锾 閙闹 関关 閧哄 阬坑 陁陀 陜狭 陥陷 険险 陻堙 陼渚 隂阴 隄堤 隖坞 隝坞 隠隐 隣邻
    隲骘 隷隶 雑杂 雝簌 霊灵 霥蒙 靀蒙 靑青 靔天 靣面 靭韧 鞀鼗 鞉鼗 韈袜 韒鞘 韮韭 頟额 頣颐 頼赖 顋腮 顕显 顖囟
    顦憔 颕颖 飇飑 飡餐 飮饮 餂舔 餙饰 餠饼 餹糖 餻糕 餽馈 饇饫 饍膳 馀余 駅驿 駆驱 駦腾 駮驳 騈骈 騐验 騒骚 験验
    驘骡 骻胯 骽腿 骾鲠 髄髓 髗颅 髙高 髣仿 髪发 鬂鬓 鬪斗 鬭斗 鬰郁 鱓鳝 鱻鲜 鲙脍 鳯凤 鴈雁 鴎鸥 鵞鹅 鵻隼 鶏鸡
    鶵雏 鶽隼 鸎莺 鸮枭 鹸碱 鹻碱 麄粗 麐麟 麕麇 麞獐 麤粗 麰牟 麹曲 麺面 黒黑 黙默 鼇鳌 鼈鳖 齅嗅 齢龄 龒龙 龝秋
    龤谐 龥吁 﨑崎 𠡠敕 𣗋档 𫖯俯 𫗪喂 𫚉鳐 𬕂杠 𬘡氤 𬯀跻 𬳽诜
"""


class _Usual(dict[int, str]):
    """The usual form of each character, by its code, worked out when it is first asked for."""

    def __missing__(self, code: int) -> str:
        form = _simplified.convert(chr(code))
        # Of some the simplified form has a simplified form of its own.
        form = _simplified.convert(form)
        self[code] = form = _BY_FORM.get(form, form)
        return form


_BY_FORM = {pair[0]: pair[1] for pair in _VARIANTS.split()}
_usual = _Usual()


def in_usual_form(text: str) -> str:
    """Return text simplified, each character by itself."""
    return text.translate(_usual)
